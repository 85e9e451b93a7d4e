"""Chapter 04: differently written right answers pass, and references are what the library computes."""

import itertools

import pytest
import torch
import torch.nn.functional as F

from swin_edu import exercises
from swin_edu.exercises import position_halo
from swin_edu.model.position import relative_position_index, resize_bias_table


def index_by_loops(Mh, Mw):
    tokens = list(itertools.product(range(Mh), range(Mw)))
    offsets = list(itertools.product(range(1 - Mh, Mh), range(1 - Mw, Mw)))
    return torch.tensor([[offsets.index((qr - kr, qc - kc)) for kr, kc in tokens] for qr, qc in tokens])


def index_by_coordinates(Mh, Mw):
    """As the authors' code does it."""
    coords = torch.stack(torch.meshgrid(torch.arange(Mh), torch.arange(Mw), indexing="ij")).flatten(1)
    relative = (coords[:, :, None] - coords[:, None, :]).permute(1, 2, 0).contiguous()
    relative[:, :, 0] += Mh - 1
    relative[:, :, 1] += Mw - 1
    relative[:, :, 0] *= 2 * Mw - 1
    return relative.sum(-1)


def resize_head_by_head(table, old, new):
    heads = []
    for head in table.T:
        picture = head.reshape(1, 1, 2 * old[0] - 1, 2 * old[1] - 1)
        size = (2 * new[0] - 1, 2 * new[1] - 1)
        heads.append(F.interpolate(picture, size=size, mode="bicubic", align_corners=False).flatten())
    return torch.stack(heads, dim=1)


def table_by_loops(bias, window):
    tokens = list(itertools.product(*map(range, window)))
    table = []
    for offset in itertools.product(*(range(1 - m, m) for m in window)):
        pairs = [
            bias[:, q, k]
            for (q, one), (k, other) in itertools.product(enumerate(tokens), repeat=2)
            if tuple(a - b for a, b in zip(one, other, strict=True)) == offset
        ]
        table.append(torch.stack(pairs).mean(dim=0))
    return torch.stack(table)


def table_by_least_squares(bias, window):
    tokens = torch.tensor(list(itertools.product(*map(range, window))))
    offsets = (tokens[:, None] - tokens[None]).flatten(0, 1)
    different, row = offsets.unique(dim=0, return_inverse=True)
    chosen = F.one_hot(row, len(different)).to(bias.dtype)
    return torch.linalg.lstsq(chosen, bias.flatten(1).T).solution


def halo_by_loops(Mh, Mw, halo):
    queries = list(itertools.product(range(Mh), range(Mw)))
    keys = list(itertools.product(range(-halo, Mh + halo), range(-halo, Mw + halo)))
    # The smallest table: the offsets that occur, in order.
    offsets = sorted({(qr - kr, qc - kc) for qr, qc in queries for kr, kc in keys})
    number = {offset: row for row, offset in enumerate(offsets)}
    return torch.tensor([[number[qr - kr, qc - kc] for kr, kc in keys] for qr, qc in queries])


def halo_from_the_corner_of_the_keys(Mh, Mw, halo):
    query = torch.cartesian_prod(torch.arange(Mh), torch.arange(Mw))
    key = torch.cartesian_prod(torch.arange(Mh + 2 * halo), torch.arange(Mw + 2 * halo))
    digits = query[:, None] - key + torch.tensor([Mh + 2 * halo - 1, Mw + 2 * halo - 1])
    return digits[..., 0] * (2 * Mw + 2 * halo - 1) + digits[..., 1]


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("index_any", index_by_loops),
        ("index_any", index_by_coordinates),
        ("index_any", lambda Mh, Mw: relative_position_index((Mh, Mw))),
        ("resize_table", resize_head_by_head),
        ("resize_table", resize_bias_table),
        ("index_with_halo", halo_by_loops),
        ("index_with_halo", halo_from_the_corner_of_the_keys),
        ("table_from_bias", table_by_loops),
        ("table_from_bias", table_by_least_squares),
    ],
)
def test_a_right_answer_passes_however_it_is_written(name, answer):
    for seed in range(5):
        assert getattr(exercises, name).grade(answer, points=1, seed=seed) == 1


def test_no_case_has_a_square_window_or_one_head():
    assert all(Mh != Mw for Mh, Mw in exercises.index_any.cases())
    for table, old, new in exercises.resize_table.cases():
        assert old[0] != old[1]
        assert new[0] != new[1]
        assert table.shape[1] > 1
    assert [len(window) for _, window in exercises.table_from_bias.cases()] == [1, 2, 3]
    assert all(len(bias) > 1 for bias, _ in exercises.table_from_bias.cases())


def test_the_twisted_halo_without_a_twist_is_right():
    assert exercises.index_with_halo.examine(position_halo._twisted)


def test_without_a_halo_it_is_the_index_of_the_library():
    assert torch.equal(exercises.index_with_halo.reference(3, 5, 0), relative_position_index((3, 5)))


def test_with_a_halo_the_smallest_table_is_used_to_its_last_row():
    index = exercises.index_with_halo.reference(3, 4, 2)
    assert sorted(set(index.flatten().tolist())) == list(range(9 * 11))


def test_with_two_axes_the_table_has_the_order_of_the_library():
    table = torch.randn(15, 2, dtype=torch.float64)
    bias = table[relative_position_index((2, 3))].permute(2, 0, 1)
    assert torch.allclose(exercises.table_from_bias.reference(bias, (2, 3)), table)


def test_a_float_index_is_told_its_dtype():
    report = exercises.index_any.examine(lambda Mh, Mw: index_by_loops(Mh, Mw).float())
    assert "return torch.int64; yours is torch.float32" in report.message
