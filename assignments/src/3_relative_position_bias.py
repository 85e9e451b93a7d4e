# %% [markdown] assignment="Assignment 3: relative position bias" points=28 hours=3
# Without a bias, attention sees a window as a bag of tokens. One small table for each block gives it a
# sense of place. The table is easy; the index into it is where almost everybody slips once. Here you write
# the index for any window, move a table to another window size, and win a table back from its bias.
#
# **When you are done, you can**
#
# - say what attention can and cannot know without a position bias, and show it with an experiment
# - compute which row of the table belongs to any pair of tokens of any window, and the other way round
# - change the window of a trained network, and say what is kept and what is lost
# - tell a slip that a network can train around from one that it cannot

# %% [markdown]
# ## How it works
#
# **Code tasks.** Write the function's body and run the cell, then the one below it. The check says at once
# what is right, and often which mistake yours looks like. Run it as often as you like. When your work is
# graded, the same check runs on more inputs that you do not see: other sizes, other numbers. All right: all
# points. Else: up to half of them, by the share of inputs that are right. So write for any size.
#
# **Stuck?** `exercises.index_any.hint()` says one thing more each time you call it. Hints cost nothing.
#
# **Questions.** Double-click the cell below a question and write your answer there. Two to five sentences
# are enough. A person reads them. The reason counts, not the length.
#
# **Allowed:** the lessons, the documentation of PyTorch and einops, talking about ideas. What you hand in
# is your own: no code of others, no `.solution()`, and no function of `swin_edu` that does the task for you
# (here `relative_position_index` and `resize_bias_table`).
#
# **To hand in:** Kernel > Restart Kernel and Run All Cells, look at the checks, save, and hand in this one
# file under its own name, where your course collects work. An unsolved task breaks nothing. Leave the locked
# cells as they are: what is changed in them is put back before grading. Cells that you add are fine.

# %%
import torch
import torch.nn.functional as F
from einops import rearrange

import swin_edu
from swin_edu import RelativePositionBias, SwinBlock, WindowAttention, exercises
from swin_edu.visuals import BiasExplorer, position_figures

torch.set_grad_enabled(False)
torch.manual_seed(0)
print("ready")

# %% [markdown]
# `Mh x Mw` is the window, `N = Mh*Mw` its tokens, numbered row by row; `h` the heads. A *query* asks, a
# *key* is asked. The offset of a pair is `(dr, dc) = query - key`. The table has one row for each offset
# and one column for each head. Row comes before column.
#
# ## 1. A bag of tokens
#
# Two experiments. First, one window attends; then we exchange two of its tokens and attend again. Second,
# the same with a *plain block* over a grid of 8 x 12 tokens with M = 4: once we exchange two tokens of one
# window, once two tokens of different windows. All without a position bias.
#
# **Predict** each line before you run the cell: which outputs change, apart from the two that are
# exchanged?

# %%
attention = WindowAttention(channels=12, num_heads=3, window_size=4, relative_position_bias=False)
window = torch.randn(1, 16, 12)
exchanged = list(range(16))
exchanged[2], exchanged[13] = 13, 2
others = [n for n in range(16) if n not in (2, 13)]
change = (attention(window[:, exchanged]) - attention(window)).abs().amax(dim=(0, 2))
print("one window, tokens 2 and 13 exchanged; others that change:", int((change[others] > 1e-5).sum()))

block = SwinBlock(channels=12, num_heads=3, window_size=4, shift=0, relative_position_bias=False)
grid = torch.randn(1, 8, 12, 12)
for name, other in {"(3, 2), the same window": (3, 2), "(0, 9), another window": (0, 9)}.items():
    swapped = grid.clone()
    swapped[:, 0, 1], swapped[:, *other] = grid[:, *other], grid[:, 0, 1]
    moved = ((block(swapped) - block(grid)).abs() > 1e-5).any(dim=-1)[0]
    moved[0, 1] = moved[other] = False
    print(f"token (0, 1) exchanged with {name}; others that change: {int(moved.sum())}")

# %% [markdown] question="bag" points=4
# **Question (4 points).**
#
# 1. In the second line nobody else notices, in the third 30 tokens do. Why? Which 30 tokens are these?
# 2. So *something* of a place is known without any bias. What does a block without bias know about where a
#    token is, and what does it not know?
# 3. Will a *shifted* block without bias know more? Think of its masks at the edges of the image.
#
# ### BEGIN MARK SCHEME
# 1 (2 points): inside one window attention is a sum over a set, so order is nothing; exchanged between two
# windows, both sets get another member. The 30 are the 15 others of each of the two windows. 1 point for
# the sets without the count or the count without the reason.
#
# 2 (1 point): it knows which tokens share the window (who is in the bag), not where in it they stand. "It
# knows nothing" and "it knows the row and column": 0.
#
# 3 (1 point): a little more. At the edges the regions are smaller, so a token there attends to fewer
# others; and over several blocks, the set of those whom it met differs from place to place. Half: "the
# windows are elsewhere" without a consequence. 0: "no, it is the same".
#
# Typical wrong ideas: queries and keys are different projections, so the order matters; heads look at
# different places.
# ### END MARK SCHEME

# %% [markdown]
# ## 2. The index (3 points)
#
# Choose pairs and entries in the explorer until you can tell the row of the table without looking. The
# window is not square: most slips show only there.

# %%
BiasExplorer(window_size=(3, 4), table="random")

# %% [markdown]
# Now write it for any window.


# %% exercise="index_any" points=3
def my_index(Mh, Mw):
    """(N, N) int64: the table's row for every pair, row = query, column = key."""
    ### BEGIN SOLUTION
    row, column = torch.arange(Mh).repeat_interleave(Mw), torch.arange(Mw).repeat(Mh)
    dr = row[:, None] - row[None, :] + Mh - 1
    dc = column[:, None] - column[None, :] + Mw - 1
    return dr * (2 * Mw - 1) + dc
    ### END SOLUTION


# %% [markdown] question="slips" points=5
# **Question (5 points).** Three slips, each in a network that is trained *from scratch* with it:
#
# - **a.** `key - query` in place of `query - key`
# - **b.** a factor of `Mw` in place of `2*Mw - 1`
# - **c.** nothing is added: `dr * (2*Mw - 1) + dc`, with negative numbers that point to the table's end
#
# 1. For which of them can the network learn *exactly* the same biases as a right one? Give the reason for
#    each.
# 2. Which of them break a network that gets *trained weights* of another library?
#
# The next cell counts, for each slip, how many rows of the table are used and how many different offsets
# share a row with another offset.
#
# ### BEGIN MARK SCHEME
# 1 (3 points, one each). a: yes, the table is only filled the other way round. b: no, different offsets
# share a row, so they always get the same bias (for 3 x 4: such as (0, 3) and (1, -1)). c: yes; a negative
# index wraps to the end of the table, and every offset still has a row of its own. That c looks broken but
# is harmless from scratch is the point. Half a point for a right answer without a reason.
#
# 2 (2 points): all three. a and c read the right numbers from wrong rows, b besides mixes them; nothing
# crashes, because the table has the same shape. 1 point for "b only", 1 for "all" without a reason.
#
# Typical wrong ideas: negative indices raise an error; a transposed index is harmless always, because
# attention is symmetric.
# ### END MARK SCHEME

# %%
right = swin_edu.relative_position_index((3, 4))
row, column = torch.arange(3).repeat_interleave(4), torch.arange(4).repeat(3)
dr, dc = row[:, None] - row, column[:, None] - column
slips = {"right": right, "a": right.T, "b": (dr + 2) * 4 + dc + 3, "c": (dr * 7 + dc) % 35}
for name, index in slips.items():
    offsets = torch.stack([dr, dc, index], dim=-1).flatten(0, 1).unique(dim=0)  # each offset with its row
    times = offsets[:, 2].bincount()
    used, sharing = int((times > 0).sum()), int(times[times > 1].sum())
    print(f"{name:5} rows in use: {used:2} of 35, offsets that share: {sharing}")

# %% [markdown]
# ## 3. A window that looks over its edge (4 points)
#
# What if the queries are the tokens of a window, but the keys are those *and* `halo` more tokens on each of
# its four sides? ([HaloNet](https://arxiv.org/abs/2103.12731) attends in this way.) There are more offsets
# now, and queries and keys are no longer the same tokens. Write the index for the smallest table that has a
# row for each offset. Keys are numbered row by row.


# %% exercise="index_with_halo" points=4
def my_halo_index(Mh, Mw, halo):
    """(Mh*Mw, (Mh + 2*halo) * (Mw + 2*halo)) int64, row = query, column = key."""
    ### BEGIN SOLUTION
    queries = torch.cartesian_prod(torch.arange(Mh), torch.arange(Mw))
    keys = torch.cartesian_prod(torch.arange(-halo, Mh + halo), torch.arange(-halo, Mw + halo))
    offset = queries[:, None] - keys[None, :] + torch.tensor([Mh + halo - 1, Mw + halo - 1])
    return offset[..., 0] * (2 * (Mw + halo) - 1) + offset[..., 1]
    ### END SOLUTION


# %% [markdown]
# ## 4. Another window (4 points)
#
# A network was trained with windows of 7 x 7. You have larger images and want 12 x 12. Offsets of up to 11
# were never seen. The paper (Section 3.2) resizes the table like a picture, bicubically. Write it for any
# two windows, square or not, larger or smaller.


# %% exercise="resize_table" points=4
def my_resize(table, old, new):
    """((2*Mh - 1)*(2*Mw - 1), h) for `old` -> the same for `new`; both are (Mh, Mw)."""
    ### BEGIN SOLUTION
    pictures = rearrange(table, "(r c) h -> 1 h r c", r=2 * old[0] - 1)
    larger = F.interpolate(pictures, size=(2 * new[0] - 1, 2 * new[1] - 1), mode="bicubic")
    return rearrange(larger, "1 h r c -> (r c) h")
    ### END SOLUTION


# %% [markdown]
# What does it do to a table? This one prefers near keys. It is resized from 4 x 4 to 7 x 7 and back.

# %%
place = torch.arange(-3, 4)
near = -((place[:, None].double() ** 2 + place**2) ** 0.5).reshape(-1, 1)
if right := exercises.resize_table.examine(my_resize).passed:
    larger = my_resize(near, (4, 4), (7, 7))
    back = my_resize(larger, (7, 7), (4, 4))
    print("largest difference after there and back:", round((back - near).abs().max().item(), 2))
    pictures = {
        "4 x 4": near.view(7, 7),
        "resized to 7 x 7": larger.view(13, 13),
        "and back": back.view(7, 7),
    }
position_figures.tables(pictures) if right else print("Solve it first.")

# %% [markdown] question="stretched" points=3
# **Question (3 points).** After the resize from 7 to 13 values along an axis, the offset (0, 1) of the new
# window gets about the value that offset (0, 1/2) would have had in the old one.
#
# 1. A head had learned "look at the key just left of you". At which offset does it look in the larger
#    window?
# 2. Why is the resized network nearly right at an image of *twice the side*, but not for the same image
#    with a larger window? Say what "one token to the left" means in each.
#
# ### BEGIN MARK SCHEME
# 1 (1 point): about two tokens away: everything is stretched by 13 / 7, nearly 2. Also right: "between one
# and two". "Still at the key just left": 0.
#
# 2 (2 points): with twice the side (and the same patch), a thing in the picture covers twice as many
# tokens, so what was one token away is now two: the stretched table fits. For the same image, one token to
# the left is still the same distance in the picture, and the stretched table looks twice as far as it
# should; the middle of the new table would have to stay as it was. 1 point for one of the two cases. "It
# needs fine-tuning" alone: half a point (true in both cases).
# ### END MARK SCHEME

# %% [markdown]
# ## 5. Back to a table (5 points)
#
# Somebody saved the finished biases `(h, N, N)`, not the table; and then fine-tuned every entry alone, so
# that pairs of one offset no longer agree. Find the table that comes nearest, by least squares. The window
# may have any number of axes: `(5,)` for sound, `(3, 4)` for pictures, `(2, 3, 4)` for video. The first
# axis is the first digit of the index.


# %% exercise="table_from_bias" points=5
def my_table(bias, window):
    """(h, N, N) -> (product of all 2*m - 1, h)."""
    ### BEGIN SOLUTION
    places = torch.cartesian_prod(*[torch.arange(m) for m in window]).reshape(-1, len(window))
    number = torch.zeros(len(places), len(places), dtype=torch.int64)
    rows = 1
    for axis, m in enumerate(window):
        number = number * (2 * m - 1) + places[:, None, axis] - places[None, :, axis] + m - 1
        rows *= 2 * m - 1
    table = torch.stack([bias[:, number == row].mean(dim=1) for row in range(rows)])
    return table.to(bias.dtype)
    ### END SOLUTION


# %% tags=["free"]
# A cell to try things out; it is not graded. For example: is your table what the library would have used?
library = RelativePositionBias(window_size=(3, 4), num_heads=2)
library.table.normal_()
if exercises.table_from_bias.examine(my_table).passed:
    print("the same table:", torch.allclose(my_table(library(), (3, 4)), library.table, atol=1e-6))
