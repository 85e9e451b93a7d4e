# %% [markdown]
# # 6. Patch merging
#
# **How can one network see a whisker and a whole cat?** So far, the token grid never changed. In this
# lesson tokens merge, four into one, and the network becomes a pyramid.
#
# - **Time:** 40 minutes, and 40 minutes for the tasks at the end.
# - **You need:** PyTorch tensors and `nn.Linear`; chapters 01 to 05, or only the words below.
# - **You build:** patch merging, the layer between two stages of Swin, for every size.
#
# `H x W` is the token grid, `C` the channels of a token, `M` the window side. Tokens are `(B, H, W, C)`.
# Row comes before column. The **stride** is the distance in pixels from one token to the next.
#
# *To predict honestly, choose Edit > Clear Outputs of All Cells first.*

# %%
import torch
import torch.nn.functional as F
from einops import rearrange
from torch import nn

import swin_edu
from swin_edu import PatchMerging, gather_neighbours
from swin_edu.visuals import MergeExplorer, merging_figures, photograph

torch.set_grad_enabled(False)
torch.manual_seed(0)
print("ready")

# %% [markdown]
# ## 1. One grid is not enough
#
# In the photograph below, a whisker is two pixels wide, an eye 60, the face 350. A plain vision transformer
# (ViT) keeps one grid of 16 x 16 pixel patches from its first block to its last: one scale for all three.
#
# Detectors want four. A feature pyramid network (FPN, [Lin et al. 2017](https://arxiv.org/abs/1612.03144))
# reads maps of stride 4, 8, 16 and 32. Swin makes exactly these. All of its windows are M x M = 7 x 7 tokens.
#
# **Predict.** The photograph has 288 x 448 pixels. How much of it does one window cover in stage 1? And in
# stage 4?

# %%
cat = photograph("chelsea")[6:294, 1:449]
photo = rearrange(torch.tensor(cat), "h w c -> c h w") / 255
model = swin_edu.swin_tiny().eval()
for stage, features in enumerate(model.features(photo[None])):
    stride = photo.shape[1] // features.shape[2]
    share = (7 * stride) ** 2 / (288 * 448)
    print(f"stage {stage + 1}: map {tuple(features.shape)}, stride {stride}, a window covers {share:.1%}")
merging_figures.window_in_stages(photo, window=7)

# %% [markdown]
# Always 49 tokens. A window costs four times as much from stage to stage, because C doubles; but there are
# four times fewer windows, so a block costs nearly the same. And from stage to stage a window covers four
# times the area: first a piece of the nose, at last half of the face. Details come early, objects late.
#
# Between two stages, the grid halves (`H/2 x W/2`) and the channels double (`2C`). How?
#
# ## 2. Four neighbours become one
#
# Take every second row and every second column, in all four ways. Lay the four channel vectors one after
# another. Here each token carries only its own number, so that you can follow it.
#
# **Predict.** Which four numbers will the first merged token hold?

# %%
grid = torch.arange(24).view(4, 6)
print(grid)
tokens = grid[None, :, :, None]  # (1, 4, 6, 1)
x0 = tokens[:, 0::2, 0::2]  # row 0, column 0 of each group
x1 = tokens[:, 1::2, 0::2]  # row 1, column 0
x2 = tokens[:, 0::2, 1::2]  # row 0, column 1
x3 = tokens[:, 1::2, 1::2]  # row 1, column 1
merged = torch.cat([x0, x1, x2, x3], dim=-1)
print(tuple(tokens.shape), "->", tuple(merged.shape), " first:", merged[0, 0, 0].tolist())
merging_figures.neighbours(grid)

# %% [markdown]
# 0, 6, 1, 7: **column by column**, down before right. Python and you would go along the row, but the
# authors' code goes down first, and timm, torchvision and transformers all do the same.
#
# **Question.** Which einops pattern does that? Choose, then run the cell. (In a bracket, the last name runs
# fastest.)
#
# <details><summary>A. "b (h row) (w column) c -> b h w (row column c)"</summary>No. The column runs faster
# than the row here: 0, 1, 6, 7, row by row.</details>
# <details><summary>B. "b (h row) (w column) c -> b h w (column row c)"</summary>Right. The channels of one
# token stay together, rows run next, columns slowest.</details>
# <details><summary>C. "b (row h) (column w) c -> b h w (column row c)"</summary>No. This cuts the grid into
# four quarters and lays those on top of each other: tokens that were never neighbours.</details>

# %%
for name, pattern in {
    "A": "b (h row) (w column) c -> b h w (row column c)",
    "B": "b (h row) (w column) c -> b h w (column row c)",
    "C": "b (row h) (column w) c -> b h w (column row c)",
}.items():
    result = rearrange(tokens, pattern, row=2, column=2)
    print(f"{name}: {tuple(result.shape)}, first: {result[0, 0, 0].tolist()}, right: {result.equal(merged)}")

# %% [markdown]
# Three times the same shape.
#
# ## 3. Does the order matter?
#
# Let us *learn* a merging. Each token is the grey value of 4 x 4 pixels. We ask a linear layer for one
# number: the sum of the upper two of each 2 x 2 group, minus the sum of the lower two. Least squares finds
# the weights at once.
#
# **Predict.** What are the four weights? Then we run the *same* weights on neighbours in row order. What
# will they compute?

# %%
grey = F.avg_pool2d(photo.mean(dim=0, keepdim=True)[None], 4)[0, :, :, :, None]  # (1, 72, 112, 1)
wanted = (grey[:, 0::2] - grey[:, 1::2]).unflatten(2, (-1, 2)).sum(dim=3)  # upper minus lower

in_columns = gather_neighbours(grey)
learned = torch.linalg.lstsq(in_columns.flatten(0, 2), wanted.flatten(0, 2)).solution[:, 0]
print("tokens", tuple(grey.shape), "-> merged", tuple(in_columns.shape))
print("learned weights:", [f"{weight:+.2f}" for weight in learned])

in_rows = rearrange(grey, "b (h row) (w column) c -> b h w (row column c)", row=2, column=2)
maps = {"trained order: upper - lower": in_columns[0] @ learned, "row by row": in_rows[0] @ learned}
merging_figures.signed_maps(photo, maps)

# %% [markdown]
# The weights +1, -1, +1, -1 say "upper minus lower", but only in their own order. Row by row, they say
# "left minus right": look at the edges of the face (orange above zero, purple below). The shape is right,
# no error appears, and every number means something else.
#
# **Question.** You write a Swin of your own, go row by row, and train it from scratch. The loss falls. Who
# is right?
#
# <details><summary>A. It is broken; it will be a little worse than the official one.</summary>No. Nothing
# in a linear layer prefers one order of its inputs. It learns the weights for yours.</details>
# <details><summary>B. It is as good as any, until weights come from elsewhere.</summary>Right. An order is
# a convention. Training hides the difference; loading somebody else's weights uncovers it.</details>
# <details><summary>C. The loss falls, so the order is the official one.</summary>No. It falls with any
# order that stays the same. That is how such slips live on: "it trains" proves no convention.</details>
#
# So weights that come from another order need their *columns permuted*. `trained` has the official order;
# we want the same results from code that gathers row by row. Which permutation? Send 0, 1, 2, ... through
# and read it off.

# %%
C = 5
trained = PatchMerging(C).double()
for parameter in trained.parameters():
    nn.init.normal_(parameter)


def gather_rows(tokens):
    return rearrange(tokens, "b (h row) (w column) c -> b h w (row column c)", row=2, column=2)


numbers = torch.arange(4 * C)
order = gather_rows(rearrange(numbers, "(column row c) -> 1 row column c", row=2, column=2)).flatten()
print("row order takes:", order.tolist())

# %%
tokens = torch.randn(2, 8, 12, C, dtype=torch.float64)
expected = trained(tokens)
neighbours = gather_rows(tokens)
as_they_are = trained.reduction(trained.norm(neighbours))

ported = PatchMerging(C).double()
ported.norm.weight.copy_(trained.norm.weight[order])
ported.norm.bias.copy_(trained.norm.bias[order])
ported.reduction.weight.copy_(trained.reduction.weight[:, order])
repaired = ported.reduction(ported.norm(neighbours))
print("shape", tuple(as_they_are.shape), "as expected:", as_they_are.shape == expected.shape)
print(f"as they are: off by {(as_they_are - expected).abs().max():.0f}")
print(f"permuted: equal to 12 digits: {(repaired - expected).abs().max() < 1e-12}")

# %% [markdown]
# Columns of the matrix, **and** both vectors of the norm. A fresh norm is all ones and zeros: test with it,
# and you will not notice that you forgot it. (This permutation undoes itself, so its direction did not
# matter. Others have two.)
#
# Another order is common: `nn.Unfold` and `F.pixel_unshuffle` ("space to depth") both cut 2 x 2 groups out
# of `(B, C, H, W)` maps.
#
# **Predict.** Two channels. The official order counts 0 to 7. Unfold finishes one channel before the next,
# and goes row by row. In which order does it give them?

# %%
group = rearrange(torch.arange(8.0), "(column row c) -> 1 row column c", row=2, column=2)
image_like = rearrange(group, "b h w c -> b c h w")
print("official: ", gather_neighbours(group).flatten().int().tolist())
print("Unfold:   ", F.unfold(image_like, kernel_size=2, stride=2).flatten().int().tolist())
print("unshuffle:", F.pixel_unshuffle(image_like, 2).flatten().int().tolist())

# %% [markdown]
# First all four places of channel 0 (even numbers), row by row; then those of channel 1. The segmentation
# library mmsegmentation merges with Unfold, and official weights loaded there without permuting [gave wrong
# maps](https://github.com/open-mmlab/mmsegmentation/issues/2350). You will write that repair in task C.
#
# ## Play
#
# Four neighbours in four colours, with real numbers: mean red, green and blue. Point anywhere: what belongs
# together lights up. The weights are set by hand, so that you can read them: mean colours first, then red
# upper minus lower, green left minus right, blue along the diagonal. Find out:
#
# 1. Order the neighbours by *row*. Which outputs change, and why not the others?
# 2. Set the grid to 7 x 8 and point at the bottom row. What do the padded zeros become after the norm?
# 3. Set it back to 8 x 8 and click merging 3 in the pyramid. How many of the 8 x 8 tokens stand behind its
#    one token?

# %%
explorer = MergeExplorer(height=8, width=8, image="chelsea")
explorer

# %% [markdown]
# <details><summary>Answers</summary>1. The means add all four neighbours alike, and the diagonal difference
# treats (1, 0) and (0, 1) alike. The output for red now says "left minus right", the one for green "upper
# minus lower". 2. Not zero: minus the mean, over the deviation. For a norm, zero is a number like any
# other. 3. All 64: three mergings reach 8 x 8.</details>
#
# ## 4. Sizes that are odd
#
# At 112 pixels, Swin-T has 28, 14 and then 7 tokens a side. Seven cannot be paired. Zeros are added **at
# the bottom and right**: 7 x 7 becomes 8 x 8, then 4 x 4.
#
# `F.pad` takes two numbers for each axis, before and after, and it **starts at the last axis**.
#
# **Predict.** Tokens `(1, 7, 8, 3)`. Which of these two calls gives `(1, 8, 8, 3)`?

# %%
tokens = torch.ones(1, 7, 8, 3)
B, H, W, _ = tokens.shape
print("(0, 0, 0, H % 2, 0, W % 2):", tuple(F.pad(tokens, (0, 0, 0, H % 2, 0, W % 2)).shape))
print("(0, 0, 0, W % 2, 0, H % 2):", tuple(F.pad(tokens, (0, 0, 0, W % 2, 0, H % 2)).shape))
print("the same shape with:  swapped pads   rows and columns exchanged")
for H, W in ((7, 7), (8, 8), (7, 12)):
    tokens = torch.ones(1, H, W, 3)
    right = F.pad(tokens, (0, 0, 0, W % 2, 0, H % 2)).shape
    swapped = F.pad(tokens, (0, 0, 0, H % 2, 0, W % 2)).shape
    exchanged = gather_neighbours(tokens.transpose(1, 2)).shape
    print(f"{H} x {W:<18}{right == swapped!s:<15}{exchanged == gather_neighbours(tokens).shape}")

# %% [markdown]
# Channels, then columns, then rows. The first call stood in timm until
# [2024](https://github.com/huggingface/pytorch-image-models/pull/2285). A square hides it, and hides
# exchanged axes as well. So test on grids that are not square, with exactly one odd side.
#
# ## 5. Norm, then half
#
# Now the layer: gather, LayerNorm over all `4C` numbers, linear to `2C`, no bias.
#
# **Predict.** How many parameters for C = 96? And how many multiply-adds on a 56 x 56 grid? (One for each
# weight, at each merged token.)


# %%
class Merging(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.norm = nn.LayerNorm(4 * channels)
        self.reduction = nn.Linear(4 * channels, 2 * channels, bias=False)

    def forward(self, tokens):
        _, H, W, _ = tokens.shape
        tokens = F.pad(tokens, (0, 0, 0, W % 2, 0, H % 2))  # last axis first
        pattern = "b (h row) (w column) c -> b h w (column row c)"
        return self.reduction(self.norm(rearrange(tokens, pattern, row=2, column=2)))


C, H, W = 96, 56, 56
library = swin_edu.count_parameters(PatchMerging(C))
print(f"parameters: {2 * 4 * C + 4 * C * 2 * C:,} by hand, {library:,} in the library")
library = swin_edu.multiply_adds(swin_edu.SwinConfig(), 224, 224).stages[1].entry
print(f"multiply-adds: {(H // 2) * (W // 2) * 4 * C * 2 * C:,} by hand, {library:,} in the library")

# %% [markdown]
# The second is `2 H W C^2`. All three mergings of Swin-T together take 0.17 G of its 4.5 G multiply-adds: a
# pyramid is cheap.
#
# The proof. Same weights, same numbers, float64, every size from 1 x 1 to 9 x 9:

# %%
ours, library = Merging(5).double(), PatchMerging(5).double()
for parameter in library.parameters():
    nn.init.normal_(parameter)
ours.load_state_dict(library.state_dict())
sizes = [(H, W) for H in range(1, 10) for W in range(1, 10)]
close = 0
for H, W in sizes:
    tokens = torch.randn(2, H, W, 5, dtype=torch.float64)
    close += bool((ours(tokens) - library(tokens)).abs().max() < 1e-12)
print(f"equal to 12 digits on {close} of {len(sizes)} sizes")
print("(2, 7, 7, 5) ->", tuple(ours(torch.zeros(2, 7, 7, 5, dtype=torch.float64)).shape))

# %% [markdown]
# **Question.** "Patch merging is just a 2 x 2 convolution with stride 2" (so [people
# ask](https://github.com/microsoft/Swin-Transformer/issues/330)). Choose, then run.
#
# <details><summary>A. Yes, in every respect.</summary>No. Between gathering and reducing, the LayerNorm
# divides by a deviation that depends on the four tokens. No convolution can do that.</details>
# <details><summary>B. No, a convolution mixes in other neighbours.</summary>No. With kernel 2 and stride 2
# its windows do not overlap: each output reads exactly one 2 x 2 group.</details>
# <details><summary>C. Without the norm, yes.</summary>Right. Gather and reduce is such a convolution, and
# also space-to-depth with a 1 x 1 convolution. Only the order of the weights differs. (Odd sides are padded
# first.)</details>

# %%
tokens = torch.randn(2, 8, 12, 5, dtype=torch.float64)
image_like = rearrange(tokens, "b h w c -> b c h w")
weight = library.reduction.weight
no_norm = rearrange(gather_neighbours(tokens) @ weight.T, "b h w c -> b c h w")

kernel = rearrange(weight, "o (column row c) -> o c row column", row=2, column=2)
convolved = F.conv2d(image_like, kernel, stride=2)
one_by_one = rearrange(kernel, "o c row column -> o (c row column) 1 1")
shuffled = F.conv2d(F.pixel_unshuffle(image_like, 2), one_by_one)
for name, result in {"2 x 2 convolution": convolved, "space to depth, then 1 x 1": shuffled}.items():
    print(f"{name}: equal without the norm: {(result - no_norm).abs().max() < 1e-12}")
with_norm = rearrange(library(tokens), "b h w c -> b c h w")
print(f"equal with the norm: {(convolved - with_norm).abs().max() < 1e-12}")

# %% [markdown]
# (Swin V2 reduces first and normalises the `2C` numbers that come out. Chapter 14.)
#
# Half of all numbers are gone now: `H x W x C` became `H/2 x W/2 x 2C`. Is half of the *picture* gone? Let
# us keep the best two of every four grey values (a principal component analysis), and do the same to
# shuffled pixels.
#
# **Predict.** How much of the variation survives, in each?


# %%
def kept(pixels):
    """Share of the variation of 2 x 2 groups that the best 2 of 4 numbers keep; pixels (H, W)."""
    groups = gather_neighbours(pixels[None, :, :, None].double()).flatten(0, 2)
    strengths = torch.linalg.svdvals(groups - groups.mean(dim=0)) ** 2
    return strengths[:2].sum() / strengths.sum()


pixels = photo.mean(dim=0)
shuffled = pixels.flatten()[torch.randperm(pixels.numel())].view_as(pixels)
print(f"photograph: {kept(pixels):.0%} kept; shuffled pixels: {kept(shuffled):.0%} kept")

# %% [markdown]
# Neighbours resemble each other, so two numbers say nearly all of four pixels. *Because* we merge
# neighbours, throwing away half costs little; for tokens we may hope so, it is not proved here.
#
# ## 6. Eight neighbours
#
# Volumes have eight neighbours. MONAI, a library for medical scans, listed them by hand [like
# this](https://github.com/Project-MONAI/MONAI/issues/8284) (also reported
# [before](https://github.com/Project-MONAI/MONAI/issues/4757)). `8C` channels came out, and networks
# trained.
#
# **Predict.** We change *every* token, one of the eight kinds at a time. Does the output always notice?

# %%
places = [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 0, 1), (0, 1, 0), (0, 0, 1), (1, 1, 1)]


def gather_as_listed(volume):
    return torch.cat([volume[:, d::2, h::2, w::2] for d, h, w in places], dim=-1)


volume = torch.randn(2, 4, 6, 8, 3)
print("shape", tuple(gather_as_listed(volume).shape))
for d, h, w in [(d, h, w) for d in (0, 1) for h in (0, 1) for w in (0, 1)]:
    changed = volume.clone()
    changed[:, d::2, h::2, w::2] += 1
    noticed = not torch.equal(gather_as_listed(volume), gather_as_listed(changed))
    print((d, h, w), "noticed" if noticed else "NOT NOTICED")

# %% [markdown]
# Two are listed twice, two are missing: each merging threw a quarter of all tokens away, unseen. Changing
# the input and asking who notices finds such bugs in a minute.
#
# ## 7. Where does the merging live?
#
# It can close a stage (authors' code) or open the next one (here). The function of the whole network is the
# same. But somebody will ask for "the features of stage 1".
#
# **Predict.** A detector takes what comes out of each stage of `model` on our 288 x 448 photograph. Which
# shapes does it get if the mergings close their stages?

# %%
print("opens the next stage: ", [tuple(f.shape[1:]) for f in model.features(photo[None])])
tokens, closing = model.patch_embedding(photo[None]), []
for stage, following in zip(model.stages, [*model.stages[1:], None], strict=True):
    for block in stage.blocks:
        tokens = block(tokens)
    tokens = following.merging(tokens) if following else tokens
    closing.append(rearrange(tokens, "b h w c -> b c h w"))
print("closes its own stage: ", [tuple(f.shape[1:]) for f in closing])

# %% [markdown]
# One stage too small, the last two alike, and stride 4, the map for small objects, is nowhere.  This
# [happened](https://github.com/huggingface/pytorch-image-models/issues/1264) in timm. Take features
# *before* the merging.
#
# ## Your turn
#
# Three tasks. Write the function's body in place of `...` and run its cell. A task that you leave unwritten
# breaks nothing.
#
# **A. Any block** (easy, 8 minutes). Merge blocks of `size x size` tokens, not only 2 x 2: column by
# column, zeros at the bottom and right.
#
# <details><summary>Hint</summary>How many rows are missing for 7 rows and size 3? Check that your formula
# says 2, not 1.</details>

# %%
from swin_edu import exercises


def gather_blocks(tokens, size):
    """(B, H, W, C) -> (B, ceil(H/size), ceil(W/size), size*size*C)."""
    ...


exercises.gather_blocks.check(gather_blocks)

# %% [markdown]
# **B. The way back** (medium, 10 minutes). Decoders split tokens again (patch splitting, or "expanding").
# Undo `gather_neighbours` for every `height x width`, odd ones too.
#
# <details><summary>Hint</summary>The pattern, read from right to left. Then look at what was
# padded.</details>


# %%
def split_neighbours(groups, height, width):
    """(B, ceil(height/2), ceil(width/2), 4C) -> (B, height, width, C)."""
    ...


exercises.split_neighbours.check(split_neighbours)

# %% [markdown]
# **C. Weights from a stranger** (hard, 20 minutes). A port gathers 2 x 2 groups in an order of its own:
# Unfold, or any other. You get its function `gather` and its trained weights. Return the three tensors for
# `PatchMerging`, so that it computes what the port computed.
#
# <details><summary>Hint</summary>You may run <code>gather</code> on tokens of your choice. And a
# permutation has two directions: check yours on random numbers.</details>


# %%
def weights_from_port(gather, norm_weight, norm_bias, reduction):
    """(4C,), (4C,), (2C, 4C) of the port -> the same three for PatchMerging."""
    ...


exercises.weights_from_port.check(weights_from_port)

# %% [markdown]
# ## What you now know
#
# - A window of M x M tokens covers four times the area after each merging; a block costs nearly the same.
# - The order is column by column: (0,0), (1,0), (0,1), (1,1). It is a convention; foreign weights need the
#   columns of the matrix and the norm permuted.
# - LayerNorm(4C), then Linear(4C, 2C) without bias. Without the norm: a 2 x 2 convolution, stride 2.
# - Odd sizes: zeros at the bottom and right, and `F.pad` starts at the last axis.
# - Features are taken before the merging.
#
# ## What comes next
#
# All parts are there: patches, blocks, merging. Chapter 07 puts them together to the whole Swin and fills
# it with weights from other libraries. Back to [the map](00_start_here.ipynb).
