"""An answer is judged as it was when it came, and none of any kind stops a check or is right by a trick."""

import numpy as np
import pytest
import torch

from swin_edu import exercises
from swin_edu.exercises.frozen import Odd, frozen
from swin_edu.exercises.running import run


def raises(self, *others):
    raise RuntimeError("no")


class Anything:
    __repr__ = __eq__ = __len__ = __bool__ = raises
    __hash__ = None


class NoLength(list):
    __len__ = __repr__ = __iter__ = __eq__ = raises
    __hash__ = None


class EqualToAll(int):
    def __eq__(self, other):
        return True

    __hash__ = int.__hash__


class Text(str):
    __eq__ = __repr__ = __len__ = raises
    __hash__ = str.__hash__


class BadMapping(dict):
    items = keys = __iter__ = raises


class OwnTensor(torch.Tensor):
    __torch_function__ = classmethod(raises)


def holds_itself():
    answer = [1]
    answer.append(answer)
    return answer


ODD = [
    *(Anything(), NoLength([1, 2, 3]), EqualToAll(3), Text("x" * 10**6), BadMapping(a=1), holds_itself()),
    *(10**400, 10**6000, -(10**6000), np.zeros((3, 4, 4), bool), np.float32(3), iter([1]), Anything, print),
    *(
        torch.zeros(3, 4, 4).as_subclass(OwnTensor),
        torch.zeros(2, 3, device="meta"),
        torch.eye(3).to_sparse(),
    ),
    *(torch.zeros(1).expand(10**12), torch.zeros(2, dtype=torch.complex64).conj(), {10**6000: 3}),
    *({"swin." + "x" * 10**6: 3}, {(1, 2): 3}, torch.nn.Linear(2, 3), set(), torch.float32, 3 + 1j),
]
NAMES = ("mask_1d", "block_parameters", "warmup_cosine", "stage_shapes", "mend_memory", "compare_seeds")


@pytest.mark.parametrize("name", [*NAMES, "cutmix", "from_transformers"])
def test_no_answer_stops_a_check_or_makes_it_endless_to_read(name):
    exercise = getattr(exercises, name)
    for odd in ODD:
        for wrapped in (odd, [odd] * 3, [[odd] * 3] * 4, (odd, odd)):
            report = exercise.examine(lambda *_, answer=wrapped: answer)
            assert not report.passed
            assert 10 < len(repr(report)) < 800


def test_a_nested_tensor_and_a_generator_are_told_as_what_they_are():
    nested = torch.nested.nested_tensor([torch.zeros(2), torch.zeros(3)], layout=torch.jagged)
    assert "yours is a nested tensor" in exercises.mask_1d.examine(lambda *_: nested).message

    def generator(length, M, s):
        yield M

    assert "yours is a generator" in exercises.mask_1d.examine(generator).message


def test_a_list_that_goes_on_growing_is_judged_as_it_was_after_each_case():
    def stage_shapes(height, width, patch_size, embed_dim, stages, shapes=[]):  # noqa: B006
        shapes.extend(exercises.stage_shapes.reference(height, width, patch_size, embed_dim, stages))
        return shapes

    report = exercises.stage_shapes.examine(stage_shapes)
    assert (report.case, report.right) == (1, 1)
    assert "yours is a list of 8" in report.message


def test_an_answer_in_memory_that_is_used_again_is_judged_as_it_was():
    memory = torch.empty(3, 4, 4, dtype=torch.bool)

    def mask_1d(length, M, s):
        right = exercises.mask_1d.reference(length, M, s)
        return memory.copy_(right) if right.shape == memory.shape else right

    assert exercises.mask_1d.examine(mask_1d)


def test_kinds_of_numbers_and_containers_become_plain_and_nothing_else_is_touched():
    answer = frozen([np.int64(3), np.float32(0.5), torch.Size([2, 3]), Text("ab"), None, True, {"a": (1,)}])
    assert answer == [3, 0.5, (2, 3), "ab", None, True, {"a": (1,)}]
    assert [type(item) for item in answer[:4]] == [int, float, tuple, str]
    assert isinstance(frozen(Anything()), Odd)
    parameter = torch.nn.Parameter(torch.ones(2))
    assert type(frozen(parameter)) is torch.Tensor


def test_trouble_in_what_was_put_into_the_input_is_an_outcome():
    def puts(blocks):
        blocks[0] = Anything()
        return 1

    outcome = run(puts, ([1, 2],))
    assert outcome.changed_input or outcome.error
