# %% [markdown] assignment="Assignment 4: block, merging and the whole network" points=30 hours=3
# The parts become a network. Each part alone is easy to test; together they hide mistakes well. A block that
# looks at its padding, a merging that loses neighbours, a network whose token cannot see what you believe
# it sees: all of these train without a word. Here you find such faults, and you learn to count what a
# network costs and sees before anybody builds it.
#
# **When you are done, you can**
#
# - find a fault in a block that no square image shows, and mend it
# - undo a merging, and test a foreign one by sending tokens of your choice through it
# - say the shape and the work of every stage for any image, without building the network
# - say which pixels can have changed a token of any stage
# - choose the part of a network that has to shrink when memory, time or detail is scarce

# %% [markdown]
# ## How it works
#
# **Code tasks.** Write the function's body and run the cell, then the one below it. The check says at once
# what is right, and often which mistake yours looks like. Run it as often as you like. When your work is
# graded, the same check runs on more inputs that you do not see: other sizes, other numbers. All right: all
# points. Else: up to half of them, by the share of inputs that are right. So write for any size.
#
# **Stuck?** `exercises.stage_shapes.hint()` says one thing more each time you call it. Hints cost nothing.
#
# **Questions.** Double-click the cell below a question and write your answer there. Two to five sentences
# are enough. A person reads them. The reason counts, not the length.
#
# **Allowed:** the lessons, the documentation of PyTorch and einops, talking about ideas. What you hand in is
# your own: no code of others, no `.solution()`, and no function of `swin_edu` that does the task for you
# (here `multiply_adds` and all of `swin_edu.visuals`).
#
# **To hand in:** Kernel > Restart Kernel and Run All Cells, look at the checks, save, and hand in this one
# file under its own name, where your course collects work. An unsolved task breaks nothing. Leave the locked
# cells as they are: what is changed in them is put back before grading. Cells that you add are fine.

# %%
import torch
import torch.nn.functional as F
from einops import rearrange

import swin_edu
from swin_edu import SwinConfig, exercises, gather_neighbours, shift_mask, window_partition, window_reverse
from swin_edu.visuals import BlockExplorer, MergeExplorer, ModelExplorer

torch.set_grad_enabled(False)
torch.manual_seed(0)
print("ready")

# %% [markdown]
# `B` images, `H x W` tokens, `C` channels, `M` the window side, `p` the patch side. Tokens are `(B, H, W,
# C)`. Row comes before column.
#
# ## 1. The block of a library (2 points)
#
# In assignment 2 you mended attention that padded too late. Another well-known library pads in time, and is
# wrong all the same where windows do not fill the grid. Here its attention comes in as a function; window and
# shift are pairs. Run the cell, follow 8 rows through it with M = 7 and s = 3, and mend it in the cell below.

# %%
print(exercises.mend_attention.task)


# %% exercise="mend_attention" points=2
def my_attend(tokens, window, shift, attention):
    """(B, H, W, C) -> (B, H, W, C); attention takes windows (B*nW, N, C) and a mask (nW, N, N)."""
    ### BEGIN SOLUTION
    (_, H, W, _), (Mh, Mw), (sh, sw) = tokens.shape, window, shift
    whole = F.pad(tokens, (0, 0, 0, -W % Mw, 0, -H % Mh))  # whole windows first: the mask takes it so
    rolled = whole.roll((-sh, -sw), dims=(1, 2))
    answers = attention(window_partition(rolled, window).flatten(1, 2), shift_mask(H, W, window, shift))
    grid = window_reverse(answers.unflatten(1, window), window, whole.shape[1], whole.shape[2])
    return grid.roll((sh, sw), dims=(1, 2))[:, :H, :W]
    ### END SOLUTION


# %%
BlockExplorer(7, 10, blocks=2)

# %% [markdown] question="block" points=4
# **Question (4 points).** Use the explorer's switches, or an argument with shapes.
#
# 1. "No residual": why do all tokens come to look alike after some blocks, although the shift lets them talk
#    to different neighbours?
# 2. A friend writes `tokens = norm1(tokens)` and then `tokens = tokens + attend(tokens)`. It trains. What is
#    different from equation (3) of the paper, and what does that do to the road through 24 blocks?
# 3. The bug above: why did nobody see it for so long? Name one image size at which Swin-T with M = 7 and p
#    = 4 runs right in spite of it, and one at which it does not.
#
# ### BEGIN MARK SCHEME
# 1 (1 point): without the road only averages go on: attention replaces each token by a weighted mean of its
# company, and means of means draw near to each other. Half: "information is lost".
#
# 2 (1.5 points): now the *normed* tokens are on the road; the input itself never passes a block unchanged.
# So the road is no identity any more: after 24 blocks what came in is rescaled at every step, and so is its
# gradient. Half: "the norm is at the wrong place" without the consequence.
#
# 3 (1.5 points): whole windows need no padding at 224 px: 56, 28, 14 and 7 tokens are multiples of 7. Right
# at 224 or 448 (112, 56, 28, 14); wrong at 256 (64 tokens, 64 = 9*7 + 1), 384, 512, or sizes such as 200.
# An axis no longer than 7 is not padded. One point for two right sizes, half a point for the reason.
# "Square images hide it" is a good thought, but 256 x 256 is square and shows it.
# ### END MARK SCHEME

# %% [markdown]
# ## 2. The way back (3 points)
#
# A merging takes 2 x 2 tokens to one. A decoder goes the other way. Undo `gather_neighbours` for every
# `height x width`, odd ones too. Mind the order of the four: the explorer shows it.

# %%
MergeExplorer(7, 8)


# %% exercise="split_neighbours" points=3
def my_split(groups, height, width):
    """(B, ceil(height/2), ceil(width/2), 4C) -> (B, height, width, C)"""
    ### BEGIN SOLUTION
    batch, rows, columns, _ = groups.shape
    whole = groups.new_empty(batch, 2 * rows, 2 * columns, groups.shape[-1] // 4)
    # column by column: (0, 0), (1, 0), (0, 1), (1, 1)
    for part, (row, column) in zip(groups.chunk(4, dim=-1), [(0, 0), (1, 0), (0, 1), (1, 1)], strict=True):
        whole[:, row::2, column::2] = part
    return whole[:, :height, :width]
    ### END SOLUTION


# %% [markdown]
# ## 3. Who arrives? (4 points)
#
# For volumes, a merging takes 2 x 2 x 2 tokens. One released library took two of the eight neighbours twice
# and two never ([its issue](https://github.com/Project-MONAI/MONAI/issues/4757)). The shapes were right,
# and it trained. You get any such `gather`, in any order. Find out, by running it on tokens of your choice,
# which of the eight neighbours arrive at all.


# %% exercise="which_arrive" points=4
def my_probe(gather):
    """gather: (B, D, H, W, C) -> (B, D/2, H/2, W/2, 8C); returns (2, 2, 2) bool, [depth, row, column]."""
    ### BEGIN SOLUTION
    arrives = torch.zeros(2, 2, 2, dtype=torch.bool)
    for place in torch.cartesian_prod(*[torch.arange(2)] * 3).tolist():
        one = torch.zeros(1, 2, 2, 2, 1)
        one[0, place[0], place[1], place[2], 0] = 1
        arrives[tuple(place)] = bool((gather(one) != 0).any())
    return arrives
    ### END SOLUTION


# %% [markdown] question="twice" points=3
# **Question (3 points).**
#
# 1. Why does a network with this fault train at all? What can it not know?
# 2. `assert merged.shape == (B, D // 2, H // 2, W // 2, 8 * C)` did not find it. Write one line of a test
#    that would have, for any number of channels, and say why it would.
# 3. The library mended the fault. What happens to those who have weights that were trained with it?
#
# ### BEGIN MARK SCHEME
# 1 (1 point): the other six arrive, and neighbours are alike, so most is known all the same. What stands
# only in the two lost neighbours of each group is lost for good at this stage.
#
# 2 (1 point): a test by *content*. Such as: send `torch.arange(...)` through and compare the sorted numbers
# with those that went in; or a merging followed by its inverse gives the same tokens. "Compare shapes for
# another size" or "a larger batch": 0.
#
# 3 (1 point): the matrix learned for six neighbours and two copies now gets eight, in other places: outputs
# change without any error, so such weights have to be trained anew or run with the old order. Half: "they
# do not fit any more" (they do fit; that is the danger).
# ### END MARK SCHEME

# %% [markdown]
# ## 4. Shapes and work (2 + 4 points)
#
# First the shape of every stage, for any image (2 points). A side that does not fit is filled up with zeros.


# %% exercise="stage_shapes" points=2
def my_shapes(height, width, patch_size, embed_dim, stages):
    """[(H, W, C), ...], one for each stage, for an image of height x width pixels."""
    ### BEGIN SOLUTION
    shapes = [((height + patch_size - 1) // patch_size, (width + patch_size - 1) // patch_size, embed_dim)]
    for _ in range(stages - 1):
        h, w, c = shapes[-1]
        shapes.append(((h + 1) // 2, (w + 1) // 2, 2 * c))
    return shapes
    ### END SOLUTION


# %% [markdown]
# Then the multiply-adds of all matrix products (4 points): for each stage one int. Count
#
# - the patch embedding to the first stage, each merging to the stage that it leads into; no head
# - in each block the maps for query, key and value, the two products of attention, the output map, the MLP
# - windows with their padding: what pads them costs in attention, its maps included, but not in the MLP. An
#   axis no longer than a window is one window.


# %% exercise="count_operations" points=4
def my_operations(config, height, width):
    """config has embed_dim, depths, window (a pair), mlp_ratio, patch_size, in_channels -> a list of ints."""
    ### BEGIN SOLUTION
    work = []
    h, w, c = -(-height // config.patch_size), -(-width // config.patch_size), config.embed_dim
    entry = h * w * config.patch_size**2 * config.in_channels * c
    for stage, depth in enumerate(config.depths):
        if stage:
            h, w, c = (h + 1) // 2, (w + 1) // 2, 2 * c
            entry = h * w * (2 * c) * c  # 4 times the old channels, c / 2, to c
        Mh, Mw = min(config.window[0], h), min(config.window[1], w)
        padded = -(-h // Mh) * Mh * -(-w // Mw) * Mw
        attention = padded * (4 * c * c + 2 * Mh * Mw * c)
        mlp = h * w * 2 * c * round(c * config.mlp_ratio)
        work.append(entry + depth * (attention + mlp))
    return work
    ### END SOLUTION


# %% [markdown]
# Four ways to make Swin-T smaller. The explorer draws any of them; the cell lists all four.

# %%
ModelExplorer()

# %%
variants = {"Swin-T": {}, "stage 3 with 2 blocks": {"depths": (2, 2, 2, 2)}, "C = 72": {"embed_dim": 72}}
variants |= {"patches of 8": {"patch_size": 8}, "3 stages": {"depths": (2, 2, 6), "num_heads": (3, 6, 12)}}
for name, changes in variants.items():
    config = SwinConfig(**changes)
    with torch.device("meta"):
        parameters = swin_edu.count_parameters(swin_edu.SwinTransformer(config)) / 1e6
    work = [swin_edu.multiply_adds(config, side, side).total / 1e9 for side in (224, 448)]
    print(f"{name:22}{parameters:6.1f} M parameters, {work[0]:5.2f} G at 224 px, {work[1]:6.2f} G at 448 px")

# %% [markdown] question="budget" points=3
# **Question (3 points).** Which of the four would you take, and why?
#
# 1. For an app that may be no larger than 26 MB (weights in float16, two bytes each).
# 2. For a slow camera that takes pictures of 448 px. It should do a third of Swin-T's work or less, and
#    need not see small things.
# 3. To find small things in aerial photographs, with about a third less work than Swin-T. Which of the four
#    would you surely *not* take?
#
# ### BEGIN MARK SCHEME
# One point each; half a point for a right choice without a reason.
#
# 1: 26 MB are 13 million parameters: only "3 stages" is below it. Most parameters are in the last stage,
# because they grow with the square of the channels; fewer blocks in stage 3 or larger patches leave that
# stage as it is. "C = 72" has 16 million.
#
# 2: patches of 8: four times fewer tokens in every stage, so a quarter of the work; the parameters stay. The
# price is detail.
#
# 3: stage 3 with 2 blocks (or C = 72, which saves more) keeps the grid of 4 x 4 pixels; surely not patches
# of 8, because small things are gone before the first block. "3 stages" saves too little, but half a point
# for the thought that a detector reads the fine maps anyway.
# ### END MARK SCHEME

# %% [markdown]
# ## 5. What has it seen? (5 points)
#
# A token of the last stage says "cat". Which pixels can it have seen? All parts play along, backwards:
# blocks with plain and shifted windows (the first block of each stage is plain, then they take turns),
# mergings, patches, and what was filled up at odd sides.


# %% exercise="seen_in_image" points=5
def my_seen_pixels(config, height, width, stage, row, column):
    """(height, width) bool: pixels that can change token (row, column) of stage 0, 1, ...'s map."""

    ### BEGIN SOLUTION
    def seen_along(pixels, m, place):
        lengths = [-(-pixels // config.patch_size)]
        while len(lengths) <= stage:
            lengths.append((lengths[-1] + 1) // 2)
        seen = {place}
        for level in range(stage, -1, -1):
            length = lengths[level]
            for block in range(config.depths[level] - 1, -1, -1):
                shift = m // 2 if block % 2 and length > m else 0
                windows = {(position - shift) // m for position in seen}
                seen = {position for position in range(length) if (position - shift) // m in windows}
            factor, longest = (2, lengths[level - 1]) if level else (config.patch_size, pixels)
            seen = {factor * position + part for position in seen for part in range(factor)}
            seen = {position for position in seen if position < longest}
        return torch.tensor([position in seen for position in range(pixels)])

    rows, columns = seen_along(height, config.window[0], row), seen_along(width, config.window[1], column)
    return rows[:, None] & columns[None, :]
    ### END SOLUTION


# %% tags=["free"]
# A cell to try things out; it is not graded. For example: does the definition agree with the network itself?
config = SwinConfig(embed_dim=12, depths=(2, 2), num_heads=(1, 1), window_size=3, num_classes=0)
model, image = swin_edu.SwinTransformer(config).double().eval(), torch.randn(1, 3, 116, 150).double()
changed = image.clone()
changed[..., 20, 70] += 1  # one pixel
noticed = (model.features(changed)[1] != model.features(image)[1]).any(dim=1)[0]
print("tokens of stage 1 that notice pixel (20, 70):", int(noticed.sum()), "of", noticed.numel())
if exercises.seen_in_image.examine(my_seen_pixels).passed:
    for token in [(3, 5), (5, 9), (6, 12)]:
        seen = bool(my_seen_pixels(config, 116, 150, 1, *token)[20, 70])
        print(f"token {token} notices it: {bool(noticed[token])}, by your function: {seen}")
