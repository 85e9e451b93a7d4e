# %% [markdown] assignment="Assignment 2: shifted windows and masks" points=24 hours=4
# In a plain block a token sees its own window and nothing else. Here you build what lets windows talk: the
# mask of a
# shifted block, for any window and any shift, and the map of who has heard from whom after a few blocks.
#
# **When you are done, you can**
# - write the attention mask of a shifted block for any window and any shift, and say why it is needed
# - tell the regions that a cyclic roll puts into one window
# - say how far information travels through alternating plain and shifted blocks
#
# Each task has a check that you can run as often as you like. It says what your function does and, where it
# can, which
# mistake that looks like. Masks are boolean, `True` = may attend. Rows come before columns.

# %%
import torch

from swin_edu import exercises

# %% [markdown]
# ## 1. One dimension (4 points)
#
# A row of `length` tokens, a multiple of `M`, was rolled to the left by `s`. Write the mask of each window:
# `(length / M, M, M)`.


# %% exercise="mask_1d" points=4
def my_mask_1d(length, M, s):
    """(length / M, M, M) bool, True = may attend."""
    ### BEGIN SOLUTION
    where = (torch.arange(length) + s) % length  # where each token stood before the roll
    band = torch.div(where - s, M, rounding_mode="floor").reshape(-1, M)
    return band[:, :, None] == band[:, None, :]
    ### END SOLUTION


# %% [markdown] question="why_mask" points=4
# ## 2. Why a mask? (4 points)
#
# After the roll every window is whole again. What would go wrong without the mask? Name one pair of tokens
# of an
# 8 x 12 grid with `M = 4` and `s = 2` that should not meet, and say where each of them stood before the roll.
#
# ### BEGIN MARK SCHEME
# 2 points: tokens from opposite edges of the image share a window after the roll, and are no neighbours.
# 1 point: a right pair, such as rows 0 and 7 (before the roll) in the same column.
# 1 point: both places before the roll are right.
# ### END MARK SCHEME

# %% [markdown]
# ## 3. Any window, any shift (8 points)
#
# Now on a grid of `H x W` tokens with windows of `Mh x Mw`, rolled up by `sh` rows and to the left by `sw`
# columns.


# %% exercise="mask_any" points=8
def my_mask(H, W, Mh, Mw, sh, sw):
    """(nW, Mh*Mw, Mh*Mw) bool, True = may attend."""

    ### BEGIN SOLUTION
    def windows_of(length, M, s):
        before = (torch.arange(length) + s) % length
        return torch.div(before - s, M, rounding_mode="floor")

    ids = 1000 * windows_of(H, Mh, sh)[:, None] + windows_of(W, Mw, sw)[None, :]
    ids = ids.reshape(H // Mh, Mh, W // Mw, Mw).permute(0, 2, 1, 3).reshape(-1, Mh * Mw)
    return ids[:, :, None] == ids[:, None, :]
    ### END SOLUTION


# %% [markdown]
# ## 4. Who hears whom? (6 points)
#
# The token at `(row, column)` says something. After `k` blocks (the first is plain, the second shifted by
# `M // 2`, and
# so on), which tokens can have heard it?


# %% exercise="who_hears_after" points=6
def my_hearers(H, W, M, k, row, column):
    """(H, W) bool, True = may have heard it."""
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


# %% tags=["free"]
# Try things out here; this cell is not graded.

# %% [markdown] question="how_far" points=2
# ## 5. How far? (2 points)
#
# How many blocks does it take at least until every token of a 16 x 16 grid with `M = 4` has heard from
# every other one?
# Why does it not depend on whether a token stands in the middle or in a corner of its window?
#
# ### BEGIN MARK SCHEME
# 1 point: the number, with the way it was found (their function, or an argument with windows).
# 1 point: the argument asks for the pair that is farthest apart; where a token stands in its window only
# changes when
# it hears, not the number for the whole grid.
# ### END MARK SCHEME
