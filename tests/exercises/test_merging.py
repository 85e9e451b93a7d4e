"""Chapter 06's exercises: right answers written in other ways pass, and the ports really compute the same."""

import pytest
import torch
import torch.nn.functional as F
from einops import rearrange
from torch import nn

from swin_edu import PatchMerging, exercises, gather_neighbours
from swin_edu.exercises import merging, merging_probe, merging_weights


def blocks_by_slices(tokens, size):
    _, height, width, channels = tokens.shape
    whole = torch.zeros(
        len(tokens), -(-height // size) * size, -(-width // size) * size, channels, dtype=tokens.dtype
    )
    whole[:, :height, :width] = tokens
    return torch.cat([whole[:, r::size, c::size] for c in range(size) for r in range(size)], dim=-1)


def split_by_slices(groups, height, width):
    batch, rows, columns, channels = groups.shape
    tokens = groups.new_empty(batch, 2 * rows, 2 * columns, channels // 4)
    for k, quarter in enumerate(groups.chunk(4, dim=-1)):
        tokens[:, k % 2 :: 2, k // 2 :: 2] = quarter
    return tokens[:, :height, :width]


def split_by_transposed_convolution(groups, height, width):
    channels = groups.shape[-1]
    kernel = torch.eye(channels, dtype=groups.dtype).view(channels, 2, 2, channels // 4).permute(0, 3, 2, 1)
    maps = F.conv_transpose2d(groups.permute(0, 3, 1, 2), kernel, stride=2)
    return maps.permute(0, 2, 3, 1)[:, :height, :width]


def weights_by_one_hot_probes(gather, norm_weight, norm_bias, reduction):
    channels = len(norm_weight) // 4
    weights = [torch.empty_like(t) for t in (norm_weight, norm_bias, reduction)]
    for k in range(4):
        for c in range(channels):
            probe = torch.zeros(1, 2, 2, channels)
            probe[0, k % 2, k // 2, c] = 1
            place = int(gather(probe).argmax())
            for made, given in zip(weights, (norm_weight, norm_bias, reduction), strict=True):
                made[..., k * channels + c] = given[..., place]
    return tuple(weights)


def weights_by_permutation_matrix(gather, norm_weight, norm_bias, reduction):
    n = len(norm_weight)
    units = torch.eye(n).view(n, 2, 2, n // 4).permute(0, 2, 1, 3)
    matrix = gather(units).flatten(1).T.to(norm_weight.dtype)  # port = matrix @ official
    return norm_weight @ matrix, norm_bias @ matrix, reduction @ matrix


def arrival_by_one_hot_probes(gather):
    """One volume for each neighbour, three channels, and of more than one group."""
    arrived = torch.zeros(2, 2, 2, dtype=torch.bool)
    for place in arrived.logical_not().nonzero().tolist():
        depth, row, column = place
        tokens = torch.zeros(2, 4, 2, 6, 3)
        tokens[:, depth::2, row::2, column::2] = 1
        arrived[depth, row, column] = bool(gather(tokens).any())
    return arrived


def arrival_by_gradient(gather):
    tokens = torch.ones(1, 2, 2, 2, 1, requires_grad=True)
    with torch.enable_grad():
        (gradient,) = torch.autograd.grad(gather(tokens).sum(), tokens)
    return gradient.view(2, 2, 2) > 0


def arrival_by_counting(gather):
    sent = 2.0 ** torch.arange(8)
    came = set(gather(sent.view(1, 2, 2, 2, 1)).flatten().tolist())
    return torch.tensor([number in came for number in sent.tolist()]).view(2, 2, 2)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("gather_blocks", blocks_by_slices),
        ("split_neighbours", split_by_slices),
        ("split_neighbours", split_by_transposed_convolution),
        ("which_arrive", arrival_by_one_hot_probes),
        ("which_arrive", arrival_by_gradient),
        ("which_arrive", arrival_by_counting),
        ("weights_from_port", weights_by_one_hot_probes),
        ("weights_from_port", weights_by_permutation_matrix),
    ],
)
def test_right_answers_written_in_another_way_pass(name, answer):
    for seed in range(5):
        assert getattr(exercises, name).grade(answer, points=1, seed=seed) == 1


PORTS = (
    merging_weights.unfold_order,
    merging_weights.row_order,
    merging_weights.odd_order,
    merging_weights.dealt_order(4),
)


@pytest.mark.parametrize("gather", PORTS)
@torch.no_grad()
def test_ported_weights_compute_what_the_port_computed(gather):
    norm, reduction = nn.LayerNorm(20).double(), nn.Linear(20, 10, bias=False).double()
    for parameter in (*norm.parameters(), *reduction.parameters()):
        nn.init.normal_(parameter)
    ours = PatchMerging(5).double()
    weights = exercises.weights_from_port.reference(gather, norm.weight, norm.bias, reduction.weight)
    for parameter, weight in zip(ours.parameters(), weights, strict=True):
        parameter.copy_(weight)
    tokens = torch.randn(2, 6, 8, 5, dtype=torch.float64)
    torch.testing.assert_close(ours(tokens), reduction(norm(gather(tokens))))


def test_blocks_of_two_are_the_library_s_neighbours():
    for case in exercises.gather_blocks.cases():
        if case[1] == 2:
            assert torch.equal(exercises.gather_blocks.reference(*case), gather_neighbours(case[0]))


def test_splitting_gives_the_tokens_back():
    for height in range(1, 8):
        for width in range(1, 8):
            tokens = torch.randn(2, height, width, 3)
            groups = gather_neighbours(tokens)
            assert torch.equal(exercises.split_neighbours.reference(groups, height, width), tokens)


def test_no_order_of_the_ports_hides_the_direction_of_its_permutation():
    """Some orders are their own inverse; at least one case must not be."""
    orders = [
        merging_weights._order_of(case[0], len(case[1])) for case in exercises.weights_from_port.cases()
    ]
    assert any(not torch.equal(order, order.argsort()) for order in orders)
    assert len({tuple(order.tolist()) for order in orders}) == len(orders)


def test_what_the_mistakes_twist_is_right_without_a_twist():
    assert exercises.gather_blocks.examine(merging._gather)
    assert exercises.split_neighbours.examine(merging._split)
    assert exercises.weights_from_port.examine(merging_weights._only(0, 1, 2))


def test_the_released_slices_lose_two_neighbours_and_take_two_twice():
    often = merging_probe._how_often(merging_probe.gather_as_released)
    assert (often == 0).nonzero().tolist() == [[0, 1, 1], [1, 1, 0]]
    assert (often == 2).nonzero().tolist() == [[0, 0, 1], [0, 1, 0]]


def test_every_faulty_port_loses_a_neighbour():
    for seed in range(50):
        assert 3 <= int(exercises.which_arrive.reference(merging_probe.faulty_port(seed)).sum()) <= 7


def test_a_mistake_that_raises_is_named_too():
    """Swapped pads never give a wrong number: they give a shape that cannot be cut."""

    def swapped(tokens, size):
        _, height, width, _ = tokens.shape
        tokens = F.pad(tokens, (0, 0, 0, -height % size, 0, -width % size))
        return rearrange(tokens, "b (h r) (w c) d -> b h w (c r d)", r=size, c=size)

    report = exercises.gather_blocks.examine(swapped)
    assert report.mistake == "pads_swapped"
    assert "raised EinopsError" in report.message
