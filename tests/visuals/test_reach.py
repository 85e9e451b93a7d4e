"""Who attends to whom on the whole grid agrees with the definition, straight from the design."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from swin_edu.model.block import SwinBlock
from swin_edu.model.merging import PatchMerging
from swin_edu.visuals.reach import attention_reach, merging_reach, reach_after, token_reach


@st.composite
def grids(draw):
    height, width = draw(st.integers(1, 11)), draw(st.integers(1, 11))
    window = (draw(st.integers(1, 6)), draw(st.integers(1, 6)))
    shift = tuple(draw(st.integers(0, m - 1)) for m in window)
    return height, width, window, shift


def window_of(position, length, window, shift):
    return 0 if length <= window else (position - shift) // window


@settings(max_examples=60, deadline=None)
@given(grids())
def test_reach_is_the_definition(grid):
    height, width, window, shift = grid
    reach = attention_reach(*grid)
    places = [(r, c) for r in range(height) for c in range(width)]
    for i, (r, c) in enumerate(places):
        for j, (k, m) in enumerate(places):
            rows = window_of(r, height, window[0], shift[0]) == window_of(k, height, window[0], shift[0])
            columns = window_of(c, width, window[1], shift[1]) == window_of(m, width, window[1], shift[1])
            assert bool(reach[i, j]) == (rows and columns), (grid, (r, c), (k, m))


def test_two_plain_blocks_reach_no_further_than_one():
    plain = attention_reach(8, 12, 4)
    assert torch.equal(reach_after([plain, plain, plain]), plain)


def test_the_order_of_plain_and_shifted_matters_for_single_tokens():
    plain, shifted = attention_reach(8, 8, 4), attention_reach(8, 8, 4, 2)
    assert int(reach_after([plain, shifted])[0].sum()) == 16  # the corner looks at 2 x 2, all of one window
    assert int(reach_after([shifted, plain])[0].sum()) == 36  # its window of 4 x 4 has looked at 6 x 6


def test_no_block_at_all_is_refused():
    with pytest.raises(ValueError, match="at least one block"):
        reach_after([])


def test_a_grid_without_tokens_cannot_be_merged():
    with pytest.raises(ValueError, match="at least 1 x 1 tokens, got 0 x 4"):
        merging_reach(0, 4)


@pytest.mark.parametrize("size", [(8, 12), (7, 10), (5, 5), (1, 6), (1, 1)])
def test_a_merged_token_is_made_of_those_whose_change_it_notices(size):
    merge = PatchMerging(4).double().eval()
    tokens = torch.randn(1, *size, 4, dtype=torch.double)
    with torch.no_grad():
        before = merge(tokens)
        for place, column in enumerate(merging_reach(*size).T):
            changed = tokens.clone()
            changed[0].view(-1, 4)[place] += torch.randn(4, dtype=torch.double)
            noticed = (merge(changed) != before).any(dim=-1)
            assert torch.equal(noticed.flatten(), column), (size, place)


# ---- one token through many blocks -----------------------------------------------------------------


def matrices(height, width, window, blocks, shifted, merging):
    """The blocks as `reach_after` takes them, and the grid after the last one."""
    found = []
    for block in range(blocks):
        if merging and block and block % 2 == 0:
            found.append(merging_reach(height, width))
            height, width = (height + 1) // 2, (width + 1) // 2
        shift = tuple(m // 2 for m in window) if shifted and block % 2 else 0
        found.append(attention_reach(height, width, window, shift))
    return found, (height, width)


def on_the_first_grid(known, grid, size):
    """A bool for each token of a merged grid, spread over the tokens it was made of."""
    known = known.view(grid)
    while known.shape != torch.Size(size):  # sizes of level after level, until the first one's
        known = known.repeat_interleave(2, 0).repeat_interleave(2, 1)
        if known.shape[0] >= size[0] and known.shape[1] >= size[1]:
            known = known[: size[0], : size[1]]
    return known


@st.composite
def journeys(draw):
    height, width = draw(st.integers(1, 12)), draw(st.integers(1, 12))
    window = (draw(st.integers(1, 5)), draw(st.integers(1, 5)))
    token = (draw(st.integers(0, height - 1)), draw(st.integers(0, width - 1)))
    return height, width, window, draw(st.integers(1, 6)), token, draw(st.booleans()), draw(st.booleans())


@settings(max_examples=150, deadline=None)
@given(journeys())
def test_one_token_through_many_blocks_is_the_product_of_all_blocks(journey):
    height, width, window, blocks, token, shifted, merging = journey
    found, grid = matrices(height, width, window, blocks, shifted, merging)
    whole = reach_after(found)
    options = {"shifted": shifted, "merging": merging}
    heard = token_reach(height, width, window, blocks, token, **options)
    column = whole[:, token[0] * width + token[1]]
    assert torch.equal(heard, on_the_first_grid(column, grid, (height, width)))
    level = (blocks - 1) // 2 if merging else 0
    seen = token_reach(height, width, window, blocks, token, **options, looking_back=True)
    row = whole[(token[0] >> level) * grid[1] + (token[1] >> level)]
    assert torch.equal(seen, row.view(height, width))


class Journey(torch.nn.Module):
    """Real blocks, plain and shifted in turn, and real merging."""

    def __init__(self, window, blocks, shifted, merging):
        super().__init__()
        layers, channels = [], 4
        for block in range(blocks):
            if merging and block and block % 2 == 0:
                layers.append(PatchMerging(channels))
                channels *= 2
            shift = tuple(m // 2 for m in window) if shifted and block % 2 else 0
            layers.append(SwinBlock(channels, 2, window, shift))
        self.layers = torch.nn.Sequential(*layers)
        self.double().eval()

    def forward(self, tokens):
        return self.layers(tokens)


@pytest.mark.parametrize("merging", [False, True])
@pytest.mark.parametrize("shifted", [False, True])
@pytest.mark.parametrize(
    ("size", "window", "blocks"),
    [((8, 12), (4, 4), 2), ((7, 10), (2, 3), 4), ((9, 16), (4, 4), 3), ((6, 5), (7, 2), 3)],
)
def test_it_is_what_real_blocks_do(size, window, blocks, shifted, merging):
    torch.manual_seed(0)
    network = Journey(window, blocks, shifted, merging)
    options = {"shifted": shifted, "merging": merging}
    for token in ((0, 0), (size[0] - 1, size[1] // 2), (size[0] // 2, size[1] - 1)):
        tokens = torch.randn(1, *size, 4, dtype=torch.double, requires_grad=True)
        out = network(tokens)
        changed = tokens.detach().clone()
        changed[0, token[0], token[1]] += 3 * torch.randn(4, dtype=torch.double)
        noticed = (network(changed) != out).any(dim=-1)[0]
        heard = token_reach(*size, window, blocks, token, **options)
        assert torch.equal(on_the_first_grid(noticed, noticed.shape, size), heard)
        level = (blocks - 1) // 2 if merging else 0
        (out[0, token[0] >> level, token[1] >> level] * torch.randn(out.shape[-1])).sum().backward()
        seen = token_reach(*size, window, blocks, token, **options, looking_back=True)
        assert torch.equal((tokens.grad[0] != 0).any(dim=-1), seen)


def test_without_shift_a_token_never_leaves_its_window_and_with_shift_it_reaches_all():
    plain = [int(token_reach(32, 32, 4, k, (14, 17), shifted=False).sum()) for k in range(12)]
    shifted = [int(token_reach(32, 32, 4, k, (14, 17)).sum()) for k in range(12)]
    assert plain == [1] + 11 * [16]
    assert shifted == sorted(shifted)
    assert shifted[-1] == 32 * 32


def test_merging_reaches_all_sooner():
    count = {
        merging: int(token_reach(32, 32, 4, 5, (14, 17), merging=merging).sum()) for merging in (False, True)
    }
    assert count[False] < count[True] == 32 * 32


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((8, 8, 4, 1, (8, 0)), r"token must be on the 8x8 grid, got \(8, 0\)"),
        ((8, 8, 4, -1, (0, 0)), "number of blocks must be at least 0, got -1"),
        ((8, 8, 0, 1, (0, 0)), "at least 1"),
    ],
)
def test_what_cannot_be_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        token_reach(*arguments)
