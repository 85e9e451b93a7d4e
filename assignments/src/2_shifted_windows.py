# %% [markdown] assignment="Assignment 2: shifted windows and masks" points=30 hours=3
# After the roll, tokens from opposite edges of an image sit in one window. One wrong mask, and the network
# trains all the same: it just learns from tokens that never were neighbours. Here you write masks that hold
# for every window, every shift and one more dimension, and you find out how far word travels.
#
# **When you are done, you can**
#
# - name, for any token of a shifted block, the tokens that it may attend to, and say why the others may not
# - write the attention mask for any window and any shift, on grids that are not square
# - say what the mask does that no learned position bias can do
# - find a bug that shows only at some sizes, and mend it
# - say how many blocks word needs to get from one token to another, and why

# %% [markdown]
# ## How it works
#
# **Code tasks.** Write the function's body and run the cell, then the one below it. The check says at once
# what is right, and often which mistake yours looks like. Run it as often as you like. When your work is
# graded, the same check runs on more inputs that you do not see: other sizes, other numbers. All right: all
# points. Else: up to half of them, by the share of inputs that are right. So write for any size.
#
# **Stuck?** `exercises.mask_1d.hint()` says one thing more each time you call it. Hints cost nothing.
#
# **Questions.** Double-click the cell below a question and write your answer there. Two to five sentences
# are enough. A person reads them. The reason counts, not the length.
#
# **Allowed:** the lessons, the documentation of PyTorch and einops, talking about ideas. What you hand in
# is your own: no code of others, no `.solution()`, and no function of `swin_edu` that does the task for you
# (here `shift_mask` and `region_ids`; only in tasks 4 and 5, the two bugs, you may use what the given code
# uses). Tasks 2, 3 and 7 are A, B and C of the lesson: if you solved them there, bring your own functions.
#
# **To hand in:** Kernel > Restart Kernel and Run All Cells, look at the checks, save, and hand in this one
# file under its own name, where your course collects work. An unsolved task breaks nothing. Leave the locked
# cells as they are: what is changed in them is put back before grading. Cells that you add are fine.

# %%
import math

import torch
import torch.nn.functional as F
from einops import rearrange

import swin_edu
from swin_edu import exercises, shift_mask, window_partition, window_reverse
from swin_edu.visuals import ReachExplorer, ShiftExplorer, figures, photograph

# %% [markdown]
# `H x W` is the token grid, `M` the side of a window (or `Mh x Mw`), `N` the tokens in a window, `nW` the
# number of windows, `s` the shift. Row comes before column. A mask is boolean, `(nW, N, N)`: `mask[w, i, j]`
# is `True` where place `i` of window `w` *may* attend to place `j`. The whole lesson in one sentence:
#
# > Along each axis, the token at position `r` is in window `floor((r - s) / M)`. Two tokens meet if and
# > only if their windows agree on **both** axes.
#
# There is no roll in it: `r` is where a token stands in the image. A mask is for the windows that attention
# really gets, and those are cut after the roll.
#
# ## 1. Who are the strangers?
#
# Drag the windows in panel 2, point at tokens in panel 3, and look at the mask in panel 4.

# %%
ShiftExplorer(height=8, width=12, window_size=4, shift=2)

# %% [markdown] question="strangers" points=3
# **Question (3 points).** The grid has 8 x 12 tokens, M = 4 and s = 2, as above.
#
# 1. Name two tokens that share a window after the roll, but must not meet. Give the row and column of each
#    *before* the roll.
# 2. A friend says: "The position bias is learned. It will learn to keep strangers apart, so the mask can
#    go." Is that possible? Show it with your two tokens, or two others. (Chapter 04 builds that bias: a
#    learned number, added to the score of a pair, that depends only on the offset between their two places
#    in the window.)
#
# ### BEGIN MARK SCHEME
# 1 point for the pair. Right: any two tokens whose floor((r - 2) / 4) or floor((c - 2) / 4) differ, but
# which share a rolled window. Such as (0, 2) and (7, 2): rows -1 and 1 of windows, both in the last rolled
# row. Places after the roll in place of before it: half a point. Two tokens that do not share a rolled
# window, such as (0, 0) and (4, 4): 0.
#
# 2 points for the second part. Full: no; the bias knows only the offset between the two *places in the
# window*, and the same offset joins true neighbours in another window (or in the same window of a plain
# block), so one number would have to allow and forbid. Half (1 point): "no, the bias is the same for all
# windows" without saying why that is not enough, or only "the bias is too small to forbid". Nothing: "yes,
# if it trains long enough"; "the bias does not know about the shift" alone.
#
# Typical wrong ideas: the roll happens inside each window; every block shifts; the mask is there for
# padding only; the *images* of a batch are rolled.
# ### END MARK SCHEME

# %% [markdown]
# ## 2. Along one axis (2 points)
#
# Begin small. A row of `length` tokens, a multiple of `M`, was rolled to the left by `s` and cut into windows
# of `M`. Write their masks.


# %% exercise="mask_1d" points=2
def my_mask_1d(length, M, s):
    """(length / M, M, M) bool, True = may attend."""
    ### BEGIN SOLUTION
    before = (torch.arange(length) + s) % length  # where each token stood before the roll
    company = torch.div(before - s, M, rounding_mode="floor").view(-1, M)
    return company[:, :, None] == company[:, None, :]
    ### END SOLUTION


# %% [markdown]
# ## 3. Any window, any shift (4 points)
#
# Now a grid of `H x W` tokens, windows of `Mh x Mw`, rolled up by `sh` rows and to the left by `sw`
# columns. `H` and `W` are multiples of the window. Windows count row by row, and so do the tokens in a
# window.


# %% exercise="mask_any" points=4
def my_mask(H, W, Mh, Mw, sh, sw):
    """(nW, Mh*Mw, Mh*Mw) bool, True = may attend."""

    ### BEGIN SOLUTION
    def windows_along(length, M, s):
        before = (torch.arange(length) + s) % length
        return torch.div(before - s, M, rounding_mode="floor")

    company = 1000 * windows_along(H, Mh, sh)[:, None] + windows_along(W, Mw, sw)[None, :]
    company = rearrange(company, "(nh mh) (nw mw) -> (nh nw) (mh mw)", mh=Mh, mw=Mw)
    return company[:, :, None] == company[:, None, :]
    ### END SOLUTION


# %% [markdown]
# Look at what you made. Allowed pairs have the colour of their region, forbidden ones are dark. With M = 4
# and s = 2, the first window should be one piece, the last should have four.

# %%
if right := exercises.mask_any.examine(my_mask).passed:
    mask = my_mask(8, 8, 4, 4, 2, 2)
figures.masks(mask, swin_edu.region_ids(8, 8, 4, 2)) if right else print("Solve it first.")

# %% [markdown]
# Is one shift as good as another? This is the share of all pairs that the mask forbids, for windows of 4 x 4.

# %%
for s in range(4):
    allowed = swin_edu.shift_mask(8, 12, 4, s).double().mean()
    print(f"s = {s}: {1 - allowed:.1%} of all pairs are forbidden")

# %% [markdown] question="which_shift" points=2
# **Question (2 points).** Look at the four shares above.
#
# 1. Why is the share the same for s = 1 and s = 3?
# 2. s = 2 forbids the most. The paper takes s = M // 2 all the same. What would be worse with s = 1? Think
#    of one axis and of two tokens, one on each side of a wall of the plain block: how many tokens *behind
#    that wall* does each of them meet in the shifted block?
#
# ### BEGIN MARK SCHEME
# Half a point: with s = 1 the last window of an axis holds 3 old and 1 wrapped tokens, with s = 3 it is 1
# old and 3 wrapped: the same two groups (3*3 + 1*1 pairs of 16). Only "because it is symmetric": 0.
#
# 1.5 points: the shifted window should lie over the plain wall by as much as possible on *both* sides. With
# s = 2 a token beside the wall meets 2 rows behind it, whichever side it is on. With s = 1 the new wall
# stands only 1 token away from the old one: tokens on one side meet 1 row behind the wall (and those on the
# other side meet 3), so word gets through the narrow side slowly. Full for a right count on both sides with
# a conclusion; half a point for "the windows overlap better" without any count. 0 for "more forbidden pairs
# are better": the share of forbidden pairs is a side effect, not a goal.
# ### END MARK SCHEME

# %% [markdown]
# ## 4. Find the bug: the second size (3 points)
#
# Two real bugs come next. Both were in well-known libraries, for a long time, because both are right for
# the usual image of 224 x 224 pixels. Run the cell and read the function. To call it with numbers of your
# own, copy it into a cell that you add. Then put its body under the head below, which keeps its name, and
# mend it there.
#
# In these two tasks you may use everything that the given code uses.

# %%
print(exercises.mend_memory.task)


# %% exercise="mend_memory" points=3
def my_masks(sizes, window, shift):
    """((H, W), ...), (Mh, Mw), (sh, sw) -> list of the masks, each (nW, N, N) bool, True = may attend."""
    ### BEGIN SOLUTION
    masks = []
    for size in sizes:
        sides, bands = [], []
        for length, m, s in zip(size, window, shift, strict=True):
            m, s = (length, 0) if length <= m else (m, s)
            where = torch.arange(length)
            bands.append((where >= length - m).long() + (where >= length - s).long())
            sides.append(m)
        regions = 3 * bands[0][:, None] + bands[1]
        regions = rearrange(regions, "(a h) (b w) -> (a b) (h w)", h=sides[0], w=sides[1])
        masks.append(regions[:, :, None] == regions[:, None, :])
    return masks
    ### END SOLUTION


# %% [markdown]
# ## 5. Find the bug: sizes that do not fit (4 points)
#
# The second one. With 8 rows, M = 7 and s = 3, row 0 belongs with rows 1 and 2, and with nobody else. This
# function thinks otherwise. See it first: call it with `torch.randn(1, 8, 8, 3)`, 7 and 3, then change row 0
# of those tokens and call it again. Which rows of the answer are different?

# %%
print(exercises.mend_padding.task)


# %% exercise="mend_padding" points=4
def my_attention(tokens, window, shift):
    """(B, H, W, C) -> (B, H, W, C): each token attends to its shifted window. H and W exceed the window."""
    ### BEGIN SOLUTION
    batch, H, W, C = tokens.shape
    whole = F.pad(tokens, (0, 0, 0, -W % window, 0, -H % window))  # first whole windows, then the roll
    sides = whole.shape[1:3]
    pieces = window_partition(whole.roll((-shift, -shift), dims=(1, 2)), window).flatten(1, 2)
    allowed = shift_mask(H, W, window, shift).repeat(batch, 1, 1)
    weights = (pieces @ pieces.mT * C**-0.5).masked_fill(~allowed, float("-inf")).softmax(dim=-1)
    answers = (weights @ pieces).unflatten(1, (window, window))
    return window_reverse(answers, window, *sides).roll((shift, shift), dims=(1, 2))[:, :H, :W]
    ### END SOLUTION


# %% [markdown]
# ## 6. The mask of a video (6 points)
#
# Now everything at once: three axes, and any size `(T, H, W)`. An axis no longer than its window is one
# window and is not shifted. The other axes are padded at their ends to whole windows, then rolled. Padding
# attends to padding only. Windows count frame by frame, then row by row, and so do the tokens in a window.
#
# Begin with one axis, on paper: 5 tokens, a window of 3, a shift of 1. How long is the padded axis? After the
# roll, which places are padding, and in which window of the definition are the others? Your function has to
# say the same for `(5, 1, 1)`, `(3, 1, 1)`, `(1, 0, 0)`.


# %% exercise="video_mask" points=6
def my_video_mask(grid, window, shift):
    """(T, H, W), (Mt, Mh, Mw), (st, sh, sw) -> (nW, N, N) bool, True = may attend."""
    ### BEGIN SOLUTION
    axes, sides = [], []
    for length, m, s in zip(grid, window, shift, strict=True):
        m, s = (length, 0) if length <= m else (m, s)
        whole = math.ceil(length / m) * m
        came_from = (torch.arange(whole) + s) % whole
        number = torch.div(came_from - s, m, rounding_mode="floor") + 1  # from 0, wherever the axis begins
        axes.append(number.masked_fill(came_from >= length, 999))
        sides.append(m)
    t, h, w = torch.meshgrid(*axes, indexing="ij")
    ids = (t * 1000 + h) * 1000 + w
    ids[(t == 999) | (h == 999) | (w == 999)] = -1
    mt, mh, mw = sides
    ids = rearrange(ids, "(nt mt) (nh mh) (nw mw) -> (nt nh nw) (mt mh mw)", mt=mt, mh=mh, mw=mw)
    return ids[:, :, None] == ids[:, None, :]
    ### END SOLUTION


# %% [markdown]
# ## 7. Who has heard? (3 points)
#
# The token at `(row, column)` says something. Blocks take turns: plain, shifted by `M // 2`, plain, and so
# on, `k` in all. Who can have heard it? Use the definition only: no network.


# %% exercise="who_hears_after" points=3
def my_hearers(H, W, M, k, row, column):
    """(H, W) bool, True where token (row, column) can have had an effect after k blocks."""
    ### BEGIN SOLUTION
    heard = torch.zeros(H, W, dtype=torch.bool)
    heard[row, column] = True
    for block in range(k):
        shift = M // 2 if block % 2 else 0
        rows = torch.div(torch.arange(H) - shift, M, rounding_mode="floor")
        columns = torch.div(torch.arange(W) - shift, M, rounding_mode="floor")
        window_of = 1000 * rows[:, None] + columns[None, :]
        heard = torch.isin(window_of, window_of[heard])
    return heard
    ### END SOLUTION


# %% [markdown]
# The explorer draws the same: move the token, and the number of blocks.

# %%
ReachExplorer(16, 16, window_size=4, blocks=3, token=(6, 4))

# %% tags=["free"]
# A cell to try things out; it is not graded. Add more if you like. For example, who hears the cat's eye?
cat = rearrange(torch.tensor(photograph("chelsea")[2:298, 97:393]), "h w c -> c h w") / 255
if right := exercises.who_hears_after.examine(my_hearers).passed:
    hearers = my_hearers(16, 16, 4, 3, 6, 4)
figures.heard(cat, {"3 blocks": hearers}, source=(6, 4)) if right else print("Solve it first.")

# %% [markdown] question="how_far" points=3
# **Question (3 points).** A grid of 16 x 16 tokens, M = 4, plain and shifted blocks in turn.
#
# 1. After how many blocks has *every* token heard from every other one? Find the number with your function
#    or the explorer, and name a pair of tokens that is among the last to hear of each other.
# 2. By how many tokens does the reach of a corner token grow along an axis from block to block? Why?
# 3. Stage 1 of Swin-T has 56 x 56 tokens, M = 7, and only 2 blocks. No corner hears of the opposite one
#    there. How does Swin-T still see whole objects?
#
# ### BEGIN MARK SCHEME
# 1 point: 7 blocks; any pair at two opposite edges is among the last, such as (0, 0) and (15, 15), but also
# (0, 0) and (0, 15): one axis is enough. After 6 blocks word from the first four rows (or columns) has not
# reached the last two, and the other way round. Number without pair, or pair with a number that is off by one
# block: half a point.
#
# 1 point: by M / 2 = 2 after the first block (4, 6, 8, 10, ...). The wall that word has reached in one
# block is in the middle of a window of the next block, so it gains half a window. "It grows by M": that is
# true of the whole side of the square in the middle of the grid, where both ends move; half a point if it is
# said for the corner.
#
# 1 point: patch merging. From stage to stage a token stands for 2 x 2 earlier ones, so a window covers four
# times the area; in stage 4 one window is the whole image (7 x 7 tokens at 224 px). "More blocks" alone:
# half a point (stage 3 has six).
# ### END MARK SCHEME
