# %% [markdown] assignment="Assignment 1: patches and windows" points=30 hours=3
# An image becomes tokens, and tokens meet in windows. Both steps are a few lines of `reshape` and
# `permute`, and both can give the right shape and the wrong content. Here you take patches apart and put
# them together, change the weights of an embedding without changing its tokens, cut windows with gaps, pay
# the bill, and take windows through a whole video and back.
#
# **When you are done, you can**
#
# - say from a scrambled picture which axes were mixed up
# - name the place of any pixel in a patch, and any weight of the embedding that meets it
# - change the input of an embedding, and its weights with it, so that the tokens stay the same
# - cut a grid into windows of any shape, with gaps between their tokens
# - count what attention costs, and say what makes windowed attention cheap

# %% [markdown]
# ## How it works
#
# **Code tasks.** Write the function's body and run the cell, then the one below it. The check says at once
# what is right, and often which mistake yours looks like. Run it as often as you like. When your work is
# graded, the same check runs on more inputs that you do not see: other sizes, other numbers. All right: all
# points. Else: up to half of them, by the share of inputs that are right. So write for any size.
#
# **Stuck?** `exercises.join_patches.hint()` says one thing more each time you call it. Hints cost nothing.
#
# **Questions.** Double-click the cell below a question and write your answer there. Two to five sentences
# are enough. A person reads them. The reason counts, not the length.
#
# **Allowed:** the lessons, the documentation of PyTorch and einops, talking about ideas. What you hand in
# is your own: no code of others, no `.solution()`, and no function of `swin_edu` that does the task for you
# (here `patchify` and `window_partition`).
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
from swin_edu import exercises
from swin_edu.visuals import CostExplorer, PatchExplorer, patches_figures, photograph

torch.set_grad_enabled(False)
torch.manual_seed(0)
cat = rearrange(torch.tensor(photograph("chelsea"))[6:294, 1:449], "h w c -> 1 c h w") / 255
print("cat", tuple(cat.shape))

# %% [markdown]
# Images are `(B, c, H, W)`, tokens `(B, rows, columns, C)`. A patch of `p x q` pixels is laid out as `(p q
# c)`: row by row, and for each pixel its `c` colours. Row comes before column.
#
# ## 1. Three accidents
#
# The cat is cut into patches of 16 x 16 pixels in three wrong ways, and laid out again in the right way.
# All three have the right shape, `(1, 18, 28, 768)`. **Predict** what you will see, then run the cell.

# %%
accidents = {
    "a": cat.reshape(1, 18, 28, 768),
    "b": rearrange(cat, "b c (p h) (q w) -> b h w (p q c)", p=16, q=16),
    "c": rearrange(cat, "b c (h p) (w q) -> b h w (q p c)", p=16, q=16),
}
layout = "b h w (p q c) -> b c (h p) (w q)"
pictures = {name: rearrange(patches, layout, p=16, q=16)[0] for name, patches in accidents.items()}
patches_figures.photographs(pictures)

# %% [markdown] question="accidents" points=4
# **Question (4 points).**
#
# 1. For each of the three pictures: what happened to the pixels, and which step of "split, permute, join"
#    is to blame?
# 2. A classifier is trained on patches of kind c. Will it be worse than one on right patches, if everything
#    (training and use) is wrong in the same way? And on patches of kind b?
#
# ### BEGIN MARK SCHEME
# 1 (2 points; half a point off for each that is wrong or without the step). a: no permute. A "patch" is 768
# numbers that follow each other in memory: pieces of one row in one colour, all reds first. b: the split is
# the wrong way round, (p h) in place of (h p): a patch takes pixels from all over the image, each 18 rows
# and 28 columns apart; the picture shows 18 x 28 small cats of 16 x 16 pixels (each patch is the whole cat,
# coarsely). c: the order inside a patch: each patch is mirrored at its diagonal, the patches stand where
# they belong.
#
# 2 (2 points). c: no worse. All patches go through one learned matrix; its columns are only learned in
# another order. (Full also with: as long as nobody brings weights trained in the right order.) b: worse, or
# at least another network: tokens are no longer local, neighbours in the grid are neighbouring pixels, so
# windows and merging work on something else. Right for one of the two with a reason: 1 point.
#
# Typical wrong idea: "the shape is right, so nothing is lost and the network learns it anyway" for all
# three.
# ### END MARK SCHEME

# %% [markdown]
# ## 2. Put them together (2 points)
#
# The way back, for patches that need not be square: `patch_height` x `patch_width` pixels.


# %% exercise="join_patches" points=2
def my_join(patches, patch_height, patch_width):
    """(B, rows, columns, patch_height*patch_width*c) -> (B, c, H, W)"""
    ### BEGIN SOLUTION
    batch, rows, columns, _ = patches.shape
    split = patches.reshape(batch, rows, columns, patch_height, patch_width, -1)
    ordered = split.permute(0, 5, 1, 3, 2, 4)  # image, colour, then rows, then columns
    return ordered.reshape(batch, -1, rows * patch_height, columns * patch_width)
    ### END SOLUTION


# %% [markdown]
# ## 3. One layer less (4 points)
#
# Networks want *normalised* images: from each colour its mean is taken away, then it is divided by its
# `std`. On a phone, every pass over the pixels costs. But normalising is linear, and so is the embedding.
# So one convolution can do both.
#
# You get the weight `(C, p*q*c)` and bias `(C,)` of a linear layer that was trained on patches of
# normalised images. Return weight and bias of the strided *convolution* that makes the same tokens from the
# images as they are. The explorer shows in which order the numbers of a patch stand.

# %%
PatchExplorer(patch_size=4, patch=(15, 22))


# %% exercise="fold_normalisation" points=4
def my_folding(weight, bias, patch, mean, std):
    """(C, p*q*c), (C,), (p, q), (c,), (c,) -> weight (C, c, p, q) and bias (C,)."""
    ### BEGIN SOLUTION
    p, q = patch
    by_colour = weight.reshape(len(weight), p, q, -1).permute(0, 3, 1, 2)
    scaled = by_colour / std.view(-1, 1, 1)
    shift = torch.einsum("dcpq,c->d", scaled, mean)
    return scaled, bias - shift
    ### END SOLUTION


# %% [markdown]
# ## 4. Larger patches, the same tokens (5 points)
#
# A camera gives a finer picture: each patch of `p x q` pixels now comes enlarged to `size`, by
# `F.interpolate(..., size, mode="bilinear")`. The network behind wants the same tokens as before, whatever
# is on the patch. Which weight `(C, c, *size)` does that? There are many; return the one with the smallest
# sum of squares.
#
# This is how [FlexiViT](https://arxiv.org/abs/2212.08013) lets one network take patches of many sizes. To
# enlarge the weight like a picture does *not* do it: the cell below shows by how much it misses.

# %%
weight, patch = torch.randn(5, 3, 4, 4), torch.rand(1, 3, 4, 4)
large_patch, large_weight = (F.interpolate(x, (8, 8), mode="bilinear") for x in (patch, weight))
wanted, got = F.conv2d(patch, weight).flatten(), F.conv2d(large_patch, large_weight).flatten()
print("wanted           ", [round(number, 1) for number in wanted.tolist()])
print("weight enlarged  ", [round(number, 1) for number in got.tolist()])
print("... and a quarter", [round(number / 4, 1) for number in got.tolist()])


# %% exercise="larger_patches" points=5
def my_larger_weight(weight, size):
    """(C, c, p, q) -> (C, c, *size)"""
    ### BEGIN SOLUTION
    p, q = weight.shape[-2:]
    single_pixels = torch.eye(p * q, dtype=weight.dtype).view(p * q, 1, p, q)
    enlarged = F.interpolate(single_pixels, size, mode="bilinear").flatten(1)  # (p*q, larger pixels)
    # enlarged @ new = old, with fewer equations than unknowns: lstsq gives the shortest answer
    old = rearrange(weight, "d c p q -> (p q) (d c)")
    new = torch.linalg.lstsq(enlarged, old, driver="gelsd").solution
    return rearrange(new, "(h w) (d c) -> d c h w", h=size[0], c=weight.shape[1])
    ### END SOLUTION


# %% [markdown]
# ## 5. Windows with gaps (5 points)
#
# A window of 7 x 7 tokens sees little of a large image. What if it takes only every second row and every
# third column? It has as many tokens, costs the same, and reaches further. (Networks such as
# [MaxViT](https://arxiv.org/abs/2204.01697) have such a *grid* attention beside the windows.)
#
# `window` is `(Mh, Mw)`, `dilation` is `(dh, dw)`: a window takes every `dh`-th row and every `dw`-th
# column. H is a multiple of `Mh*dh`, W of `Mw*dw`. The windows of an image stand in the order of their
# first tokens, row by row.


# %% exercise="dilated_windows" points=5
def my_dilated_windows(tokens, window, dilation):
    """(B, H, W, C), (Mh, Mw), (dh, dw) -> (B*nW, Mh, Mw, C)"""
    ### BEGIN SOLUTION
    (batch, height, width, channels), (mh, mw), (dh, dw) = tokens.shape, window, dilation
    # the row of a token: which block of mh * dh rows, which place in the window, which start in the block
    split = tokens.reshape(batch, height // (mh * dh), mh, dh, width // (mw * dw), mw, dw, channels)
    ordered = split.permute(0, 1, 3, 4, 6, 2, 5, 7)
    return ordered.reshape(-1, mh, mw, channels)
    ### END SOLUTION


# %% [markdown]
# ## 6. The bill (3 points)
#
# Count the multiply-adds of windowed attention, as equation (2) of the paper does (Section 3.2), on a grid
# with one, two or three axes. An axis that the window does not divide is padded to whole windows, and
# padding is work, too. An axis no longer than its window is one window, and is not padded.


# %% exercise="count_multiply_adds" points=3
def my_bill(grid, window, channels):
    """grid such as (T, H, W), window as long, such as (Mt, Mh, Mw) -> an int."""
    ### BEGIN SOLUTION
    tokens = inside = 1
    for length, m in zip(grid, window, strict=True):
        m = min(m, length)
        tokens *= math.ceil(length / m) * m
        inside *= m
    return 4 * tokens * channels**2 + 2 * tokens * inside * channels
    ### END SOLUTION


# %%
CostExplorer(side=448)

# %% [markdown] question="bill" points=3
# **Question (3 points).** Use the explorer, or equations (1) and (2).
#
# 1. You double the image's side. By what factor do the *pairs* grow: of global attention, of windowed
#    attention, and of windowed attention when the window's side is doubled, too?
# 2. At 224 px the widest stage of Swin-T has 7 x 7 tokens and M = 7. What do windows save there?
# 3. Windows with gaps (task 5) cost as much as those without. Give one thing that they see and one that
#    they miss.
#
# ### BEGIN MARK SCHEME
# 1 (1 point): 16, 4, 16. Two of three right: half a point.
#
# 2 (1 point): nothing: the grid is one window, so windowed is global attention. "A little": 0.
#
# 3 (1 point): they see far tokens of the whole region (global shape, things that repeat); they miss the
# next neighbour (edges, fine texture), because it is in another window. Half a point for one of the two.
# ### END MARK SCHEME

# %% [markdown]
# ## 7. Windows of a video (4 points)
#
# A video has frames, rows and columns, and windows of `Mt x Mh x Mw` tokens. Write the way there and back,
# once for all uses: pad each axis at its *end* with zeros to whole windows, cut, let `function` work on all
# windows at once, `(B*nW, Mt*Mh*Mw, C)`, with frame before row before column, join, and crop.


# %% exercise="in_video_windows" points=4
def my_video_windows(video, window, function):
    """(B, T, H, W, C), (Mt, Mh, Mw), function of windows -> (B, T, H, W, C), C as the function gives it."""
    ### BEGIN SOLUTION
    (_, T, H, W, _), (mt, mh, mw) = video.shape, window
    whole = F.pad(video, (0, 0, 0, -W % mw, 0, -H % mh, 0, -T % mt))
    nt, nh, nw = (length // m for length, m in zip(whole.shape[1:4], window, strict=True))
    pieces = whole.reshape(-1, nt, mt, nh, mh, nw, mw, video.shape[-1])
    pieces = pieces.permute(0, 1, 3, 5, 2, 4, 6, 7)
    done = function(pieces.reshape(-1, mt * mh * mw, video.shape[-1]))
    back = done.reshape(-1, nt, nh, nw, mt, mh, mw, done.shape[-1]).permute(0, 1, 4, 2, 5, 3, 6, 7)
    return back.reshape(len(video), nt * mt, nh * mh, nw * mw, -1)[:, :T, :H, :W]
    ### END SOLUTION


# %% tags=["free"]
# A cell to try things out; it is not graded. Add more if you like.
