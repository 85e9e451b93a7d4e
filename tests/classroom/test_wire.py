"""What goes through the wire comes back the same, and nothing that a stranger writes is more than a value."""

import json
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from swin_edu import exercises
from swin_edu.classroom.packed import DTYPES, Foreign, Malformed, Packed, Unsendable, plain_text
from swin_edu.classroom.wire import pack, unpack
from swin_edu.exercises.answers import same_answer
from swin_edu.model.config import SwinConfig


def through(value):
    """In and out again, over JSON as in a message."""
    packed = pack(value)
    return unpack(Packed(json.loads(json.dumps(packed.tree)), packed.blobs))


@pytest.mark.parametrize(
    "value",
    [
        *(None, True, False, 0, -5, 2**62, "", "text ü", 0.1, -0.0, math.inf, -math.inf, 3 + 4j),
        *((), (1, (2,)), [1, [2.0, None]], {}, {"a": 1, 2: (3,), (4, 5): [6]}, {1, 2}, frozenset({3})),
        *(torch.Size([2, 3]), torch.float32, SwinConfig(window_size=(4, 7), depths=(1, 2), num_heads=(3, 6))),
    ],
    ids=repr,
)
def test_plain_values_come_back_the_same(value):
    back = through(value)
    assert back == value
    assert repr(back) == repr(set(value) if isinstance(value, frozenset) else value)  # -0.0, and 1 is not 1.0


def test_nan_comes_back():
    assert math.isnan(through(math.nan))


@pytest.mark.parametrize("dtype", DTYPES.values(), ids=str)
def test_tensors_of_every_dtype_come_back_bit_for_bit(dtype):
    bits = torch.randint(0, 256, (2, 3, 4 * dtype.itemsize), dtype=torch.uint8)
    tensor = bits % 2 == 1 if dtype == torch.bool else bits.view(dtype)
    back = through(tensor)
    assert back.dtype == dtype
    assert back.shape == tensor.shape
    assert back.contiguous().view(torch.uint8).equal(tensor.contiguous().view(torch.uint8))


@pytest.mark.parametrize(
    "tensor",
    [
        torch.tensor(3.5),
        torch.zeros(0, 4),
        torch.arange(6).view(2, 3).T,
        torch.ones(1).expand(5, 2),
        torch.tensor([1 + 2j]).conj(),
        torch.tensor([math.nan, math.inf]),
        nn.Parameter(torch.ones(2)),
    ],
    ids=str,
)
def test_odd_tensors_come_back(tensor):
    back = through(tensor)
    assert back.shape == tensor.shape
    assert torch.equal(torch.nan_to_num(back.detach()), torch.nan_to_num(tensor.detach().resolve_conj()))


def test_requires_grad_of_an_argument_goes_along():
    assert through(torch.ones(2, requires_grad=True)).requires_grad
    assert not through(torch.ones(2)).requires_grad


def test_numbers_of_numpy_become_numbers():
    assert through((np.int64(3), np.float32(0.5))) == (3, 0.5)
    assert [type(value) for value in through((np.int64(3), np.float32(0.5)))] == [int, float]


def test_what_no_exercise_asks_for_comes_as_its_name():
    class Evil:
        def __eq__(self, other):
            return True

        def __reduce__(self):
            return exec, ("raise SystemExit",)

    for value, name in (
        (np.zeros(2), "ndarray"),
        (Evil(), "Evil"),
        (lambda: 1, "function"),
        (object, "type"),
    ):
        back = through(value)
        assert isinstance(back, Foreign)
        assert type(back).__name__ == name  # what the messages to learners say
        assert back not in (1, None, "right")


class Sub(Tensor):
    pass


def _endless():
    inner: list = []
    inner.append(inner)
    return inner


def _laughs():
    laugh: list = ["ha"]
    for _ in range(64):
        laugh = [laugh, laugh]
    return laugh


class Everlasting(list):
    def __iter__(self):
        while True:
            yield 0


UNSENDABLE = {
    "tensor of a class of its own": lambda: torch.zeros(2).as_subclass(Sub),
    "meta tensor": lambda: torch.zeros(2, device="meta"),
    "sparse tensor": lambda: torch.eye(2).to_sparse(),
    "quantized tensor": lambda: torch.quantize_per_tensor(torch.zeros(2), 0.1, 0, torch.qint8),
    "expanded tensor": lambda: torch.zeros(1).expand(10**6, 10**6),
    "many tensors": lambda: [torch.zeros(2**20)] * 1000,
    "list that holds itself": _endless,
    "two to the power of 64 laughs": _laughs,
    "list without an end": lambda: Everlasting([1]),
    "deep list": lambda: json.loads("[" * 500 + "]" * 500),
    "huge integer": lambda: 10**5000,
    "huge text": lambda: "x" * 10**7,
    "tensor of 17 dimensions": lambda: torch.zeros([1] * 17),
}


@pytest.mark.parametrize("make", UNSENDABLE.values(), ids=UNSENDABLE)
@pytest.mark.filterwarnings("ignore")
def test_unsendable_answers_are_refused_with_words(make):
    with pytest.raises(Unsendable) as refused:
        pack([make()], max_bytes=2**25)
    assert 5 < len(str(refused.value)) < 300


def test_strict_refuses_what_would_be_a_name_only():
    with pytest.raises(Unsendable, match="ndarray"):
        pack(np.zeros(2), strict=True)


MALFORMED = [
    *({}, {"tuple": 3}, {"no such": []}, {"list": [], "tuple": []}, {"set": [{"list": []}]}, {"dict": [[1]]}),
    *({"dtype": "nothing"}, {"config": {"dict": [["patch_size", -4]]}}, {"config": 3}, {"complex": ["a", 1]}),
    *(
        {"config": {"dict": [["no such", 1]]}},
        {"function": -1},
        {"function": "x"},
        {"other": 5},
        {"size": ["a"]},
    ),
    *(10**30, {"other": "x" * 100}, [1, 2], {"value": 1}, {"_tensor": 1}, {"string": 1}, {"__class__": 1}),
    {"tensor": "float32", "shape": [3], "blob": 0},
    {"tensor": "float32", "shape": [2], "blob": 7},
    {"tensor": "float32", "shape": [-2], "blob": 0},
    {"tensor": "float32", "shape": [True, 2], "blob": 0},
    {"tensor": "float32", "shape": "2", "blob": 0},
    {"tensor": "qint8", "shape": [8], "blob": 0},
    {"tensor": ["float32"], "shape": [2], "blob": 0},
    {"tensor": "float32", "shape": [0, 2**31 - 1, 2**31 - 1, 2**31 - 1], "blob": 1},
    {"tensor": "float32", "shape": [2**62], "blob": 0},
    {"tensor": "float32"},
    {"list": [{"tensor": "float32", "shape": [2], "blob": 0}] * 2},
    {"list": [{"tensor": "float32", "shape": [0], "blob": 1}] * 2},
    {"list": [{"list": [0] * 1000}] * 1000},
    json.loads('{"list": [' * 200 + "1" + "]}" * 200),
]


@pytest.mark.parametrize("tree", MALFORMED, ids=lambda tree: str(tree)[:60])
def test_forged_trees_are_malformed(tree):
    with pytest.raises(Malformed):
        unpack(Packed(tree, (bytes(8), b"")))


words = st.sampled_from(
    ["list", "tuple", "dict", "set", "tensor", "shape", "blob", "config", "float32", "size"]
)
leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | words
trees = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=3),
    max_leaves=30,
)


@settings(max_examples=300, deadline=None)
@given(trees, st.lists(st.binary(max_size=16), max_size=3))
def test_any_tree_is_a_value_or_malformed(tree, blobs):
    """Never another exception, and the value can be compared and packed again."""
    try:
        value = unpack(Packed(tree, tuple(blobs)))
    except Malformed:
        return
    same_answer(value, torch.zeros(2))
    same_answer(value, (1, 2.0))
    pack(value)


def test_every_byte_of_a_bool_tensor_is_a_truth_value():
    """Else a tensor could be True to one function and False to another."""
    back = unpack(Packed({"tensor": "bool", "shape": [4], "blob": 0}, (bytes([0, 1, 2, 255]),)))
    assert back.view(torch.uint8).tolist() == [0, 1, 1, 1]


def test_text_is_fit_for_files_and_terminals():
    assert through("a\ud800\x1b[2Jb\nc\td") == "a?[2Jb\nc\td"
    plain_text("\ud800").encode("utf-8")


def test_digest_tells_every_change():
    values = [1, 1.0, True, "1", (1,), [1], {1: 1}, torch.ones(1), torch.ones(1).double(), torch.ones(1, 1)]
    assert len({pack(value).digest() for value in values}) == len(values)
    assert pack(torch.arange(4).view(2, 2).T).digest() == pack(torch.tensor([[0, 2], [1, 3]])).digest()
    assert pack((torch.zeros(1), torch.zeros(2))).digest() != pack((torch.zeros(2), torch.zeros(1))).digest()


def test_functions_become_numbers_and_come_back():
    packed = pack((len, 2), function=lambda value: 7 if value is len else None)
    assert unpack(packed, function=lambda number: f"function {number}") == ("function 7", 2)


@pytest.mark.parametrize("exercise", exercises.list(), ids=lambda exercise: exercise.name)
def test_every_exercise_goes_through_the_wire(exercise):
    """Its arguments in, its right answers out: else a right submission could not be graded as right."""
    for case in exercise.cases()[:2] + exercise.hidden_cases("wire", count=1):
        functions = [argument for argument in case if callable(argument)]

        def number(value, functions=functions):
            return next((i for i, f in enumerate(functions) if f is value), None)

        packed = pack(case, function=number, strict=True)
        arguments = unpack(packed, function=functions.__getitem__)
        assert pack(arguments, function=number).digest() == packed.digest()
        expected = exercise.reference(*case)
        assert same_answer(through(exercise.reference(*arguments)), expected)
