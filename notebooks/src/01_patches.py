# %% [markdown]
# # 1. Patches
#
# **A sentence is a row of words. What are the words of an image?** A transformer takes a list of tokens. In
# this lesson you cut photographs into tokens, prove that nothing goes missing, and meet the mistake that
# gives the right shape and the wrong picture.
#
# - **Time:** 40 minutes, and 40 minutes for the tasks at the end.
# - **You need:** PyTorch tensors (`reshape`, `permute`, matrix products).
# - **You build:** patch partition and its inverse, the linear embedding, and the convolution that does both.
#
# `p` is the side of a patch in pixels, `C` the numbers in a token (its channels), `H x W` here the size in
# *pixels*. Images are `(B, channels, H, W)`, tokens are `(B, rows, columns, C)`. Row comes before column.
#
# *To predict honestly, choose Edit > Clear Outputs of All Cells first.*

# %%
import torch
import torch.nn.functional as F
from einops import rearrange
from torch import nn

import swin_edu
from swin_edu import exercises, patchify
from swin_edu.visuals import PatchExplorer, patches_figures, photograph

torch.set_grad_enabled(False)
torch.manual_seed(0)
cat = rearrange(torch.tensor(photograph("chelsea"))[6:294, 1:449], "h w c -> 1 c h w") / 255
print("cat", tuple(cat.shape))

# %% [markdown]
# ## 1. A pixel is no word
#
# Attention compares every token with every token, itself included, and keeps one number for each pair. A
# sentence has 20 words: 400 pairs. An image that networks are trained on has 224 x 224 pixels.
#
# **Predict.** Make each pixel a token. How much memory takes *one* such table of pairs, at 4 bytes a number?
# About 10 MB, 1 GB or 10 GB? And if each 4 x 4 pixels make a token?

# %%
for p in (1, 2, 4, 8, 16, 32):
    tokens = (224 // p) ** 2
    print(f"p = {p:2}: {tokens:6,} tokens {tokens**2:14,} pairs {4 * tokens**2 / 1e6:9,.1f} MB")

# %% [markdown]
# Ten *gigabytes*, for one layer, one head, one image. Double the patch's side: 4 times fewer tokens and 16
# times fewer pairs. [The first vision transformer](https://arxiv.org/abs/2010.11929) took p = 16. That is too
# coarse to say of each pixel what it shows (paper, Section 1). Swin takes p = 4, and pays less with windows
# (chapter 02).
#
# There is a second difference. A word is a word, in a headline or in a footnote. A face is not one token: it
# has as many as it has room.
#
# **Predict.** The astronaut's face lies in a box of 112 x 96 pixels. How many 4 x 4 patches is that? We
# shrink the photograph to half its height and half its width. How many patches has the face then?

# %%
astronaut = rearrange(torch.tensor(photograph("astronaut"))[:288, :448], "h w c -> 1 c h w") / 255
half = F.avg_pool2d(astronaut, 2)
face = (68, 176, 112, 96)  # top, left, height, width in pixels
sizes = {"large": (astronaut, face), "half as large": (half, tuple(side // 2 for side in face))}
for name, (image, (_, _, height, width)) in sizes.items():
    print(f"{name}: image {tuple(image.shape)}, the face has {height // 4} x {width // 4} patches")
patches_figures.scales({name: (image[0], box) for name, (image, box) in sizes.items()}, patch_size=4)

# %% [markdown]
# The same face is 672 tokens, or 168. So Swin starts small, and merges patches step by step in chapter 06.
#
# ## 2. Cut
#
# Take an image of 4 x 6 pixels, numbered row by row from 0 to 23. We cut it into patches of 2 x 2 pixels: 2
# rows of 3 patches.
#
# **Predict.** Which four numbers are in the last patch, at row 1, column 2?

# %%
tiny = torch.arange(24).reshape(4, 6)
split = tiny.reshape(2, 2, 3, 2)  # (row of patches, row in the patch, column of patches, column in the patch)
ordered = split.permute(0, 2, 1, 3)  # (row of patches, column of patches, row in the patch, column in it)
tiny_patches = ordered.reshape(2, 3, 4)
print("image", tuple(tiny.shape), "-> split", tuple(split.shape), "-> ordered", tuple(ordered.shape))
print("patches", tuple(tiny_patches.shape), "the last one:", tiny_patches[1, 2].tolist())
patches_figures.numbers({"4 x 6 pixels, each with its number": tiny}, tiny_patches)

# %% [markdown]
# Three steps: **split** both axes in two, **bring the two patch axes to the front**, **join** what is left.
# The middle step looks superfluous: `reshape` alone gives the shape `(2, 3, 4)` as well.
#
# **Question.** What is in the first patch of `tiny.reshape(2, 3, 4)`?
#
# <details><summary>A. 0, 1, 6, 7: the same.</summary>No. <code>reshape</code> never changes the order of the
# numbers, and 0, 1, 6, 7 do not follow each other in memory.</details>
# <details><summary>B. 0, 1, 2, 3: a piece of the first row.</summary>Right. It takes the numbers as they
# come, row by row. Only <code>permute</code> changes what comes after what.</details>
# <details><summary>C. An error: the shapes do not fit.</summary>They do, 2 * 3 * 4 = 24. That is what makes
# this mistake so dangerous.</details>
#
# Now the mistake with the cat, its patches laid out where they belong. **Predict.** What will you see?

# %%
wrong = tiny.reshape(2, 3, 4)
print("first patch, with permute:", tiny_patches[0, 0].tolist(), " without:", wrong[0, 0].tolist())

scrambled = cat.reshape(1, 72, 112, 48)  # the right shape, for p = 4
scrambled = rearrange(scrambled, "b h w (p q c) -> b c (h p) (w q)", p=4, q=4)
print("shapes", tuple(cat.shape), tuple(scrambled.shape))
before, after = (image.flatten().sort().values for image in (cat, scrambled))
print("the same numbers, sorted:", torch.equal(before, after))
patches_figures.photographs({"the cat": cat[0], "cut without permute": scrambled[0]})

# %% [markdown]
# Stripes: a "patch" is now 48 numbers that follow each other in one colour: all reds, then all greens, then
# all blues. Nothing crashed, and every number is still there. Follow a number.
#
# ## 3. Forty-eight numbers
#
# A pixel has three numbers: red, green, blue. A patch of 4 x 4 pixels has `4 * 4 * 3 = 48`. `rearrange` does
# split, permute and join in one line: `(h p)` reads "h rows of patches, p rows in each". The right side is
# the order of the numbers: rows, then columns, then colours (red 0, green 1, blue 2).
#
# **Predict.** Take the green of the pixel at row 5, column 9. In which patch is it? At which place from 0 to
# 47?


# %%
def cut(images, p):
    """(B, c, H, W) -> (B, H/p, W/p, p*p*c)"""
    return rearrange(images, "b c (h p) (w q) -> b h w (p q c)", p=p, q=p)


patches = cut(cat, 4)
print("images", tuple(cat.shape), "-> patches", tuple(patches.shape))
print("equal to swin_edu.patchify:", torch.equal(patches, patchify(cat, 4)))

row, column, colour = 5, 9, 1
place = (row % 4 * 4 + column % 4) * 3 + colour
found = patches[0, row // 4, column // 4, place] == cat[0, colour, row, column]
print(f"patch ({row // 4}, {column // 4}), place {place}: the same number: {found}")

# %% [markdown]
# `//` says which patch, `%` says where in it. Each pixel of a row counts 3 numbers, each row `4 * 3 = 12`.
#
# **Predict.** To go back, which two things of the pattern do you exchange?

# %%
back = rearrange(patches, "b h w (p q c) -> b c (h p) (w q)", p=4, q=4)
print("patches", tuple(patches.shape), "-> images", tuple(back.shape))
print("the same image, to the last digit:", torch.equal(back, cat))

# %% [markdown]
# The two sides of the arrow. Cutting loses nothing.
#
# ## Play
#
# Point at a patch, then at one of its pixels, then at its numbers: what belongs together lights up together.
# Panel 4 is the next section's subject. Find out:
#
# 1. The blue of the first pixel in the patch's second row: at which place is it, for p = 4? For p = 8?
# 2. The photograph has 120 x 144 pixels. Which patch sizes need padding at the right, which at the bottom?
# 3. Compare p = 2 and p = 32. How many numbers does a patch have, and how many has its token?

# %%
explorer = PatchExplorer(patch_size=4, patch=(15, 22))
explorer

# %%
# The line that the explorer's button copies:
numbers = patchify(explorer.images, 4)[0, 15, 22]
print(tuple(numbers.shape), "the first pixel is", [round(255 * n) for n in numbers[:3].tolist()])

# %% [markdown]
# <details><summary>Answers</summary>Place 14, and place 26: a row of pixels has 3p numbers, counted from 0.
# Padding at the right where p does not divide 144, such as 5, 7 and 32; at the bottom where it does not
# divide 120, such as 7, 16 and 32. 12 and 3,072 numbers; the token has 96 both times.</details>
#
# ## 4. Linear embedding
#
# Raw pixels are a poor language. So each patch's 48 numbers are multiplied with a matrix, which training will
# find: `token = W @ patch + b`. `W` has 96 rows of 48 weights. All patches share it.
#
# **Predict.** Swin-T has 28 million weights. How many of them are in `W` and `b`?

# %%
W, b = torch.randn(96, 48) / 48**0.5, torch.zeros(96)
tokens = patches @ W.T + b
print("patches", tuple(patches.shape), "-> tokens", tuple(tokens.shape))
print("weights:", W.numel() + b.numel())
projection = swin_edu.swin_tiny().patch_embedding.projection
print("in Swin-T:", sum(weights.numel() for weights in projection.parameters()))

# %% [markdown]
# ## 5. One convolution does both
#
# If you read the code of any Swin, you find no cutting and no `W`. You find `nn.Conv2d(3, 96, kernel_size=4,
# stride=4)`. A convolution multiplies all that its kernel covers with its weights. With the stride equal to
# the kernel's side, it covers each patch once. So it *is* `W`.
#
# Its weight has the shape `(96, 3, 4, 4)`. We need `(96, 48)`.
#
# **Question.** Is `weight.reshape(96, 48)` the `W` that fits our patches?
#
# <details><summary>A. Yes, 3 * 4 * 4 = 48.</summary>The shape fits. But which weight would meet which
# number?</details>
# <details><summary>B. No: the 48 weights of each row stand in another order.</summary>Right. The convolution
# has all reds first, then all greens (c p q); our patches have red, green, blue of each pixel (p q
# c).</details>
# <details><summary>C. No: a convolution slides, so its weights have another meaning.</summary>It slides, in
# steps of 4. That is exactly from patch to patch.</details>

# %%
conv = nn.Conv2d(3, 96, kernel_size=4, stride=4).double()  # float64: rounding hides nothing
images = cat.double()
expected = conv(images)
print("images", tuple(images.shape), "-> conv", tuple(expected.shape))
expected = rearrange(expected, "b c h w -> b h w c")  # channels last, as tokens are
for name, W in {
    "reshape": conv.weight.reshape(96, 48),
    "c p q -> p q c": rearrange(conv.weight, "d c p q -> d (p q c)"),
}.items():
    error = (cut(images, 4) @ W.T + conv.bias - expected).abs().max().item()
    print(f"{name}: equal to 12 digits: {error < 1e-12}")

# %% [markdown]
# Both ways do the same `H * W * 3 * C` multiplications, whatever p is.
#
# The convolution gives `(1, 96, 72, 112)`, and a token's 96 numbers have to come last. `expected.reshape(1,
# 72, 112, 96)` would have that shape, too. You know what it does.
#
# After the embedding comes a LayerNorm: each token loses the mean of its 96 numbers, and is divided by their
# spread. `F.pad` comes in section 7.


# %%
class MyPatchEmbedding(nn.Module):
    """(B, 3, H, W) -> (B, ceil(H/p), ceil(W/p), C)"""

    def __init__(self, p, C):
        super().__init__()
        self.p = p
        self.projection = nn.Conv2d(3, C, kernel_size=p, stride=p)
        self.norm = nn.LayerNorm(C, eps=1e-5)

    def forward(self, images):
        height, width = images.shape[-2:]
        images = F.pad(images, (0, -width % self.p, 0, -height % self.p))
        return self.norm(rearrange(self.projection(images), "b c h w -> b h w c"))


# %% [markdown]
# **Prove it.** The library's `PatchEmbedding` gets your weights. Both get the same random images, some of
# sizes that p does not divide. `forward_plain` is the library's second way: patches times a matrix.

# %%
same = []
sizes = [(4, 96, 32, 48), (4, 96, 30, 43), (2, 24, 8, 12), (3, 10, 7, 20), (16, 96, 40, 50)]
for p, C, height, width in sizes:
    mine, theirs = MyPatchEmbedding(p, C).double(), swin_edu.PatchEmbedding(p, 3, C).double()
    theirs.load_state_dict(mine.state_dict())
    images = torch.randn(2, 3, height, width, dtype=torch.float64)
    for answer in (theirs(images), theirs.forward_plain(images)):
        same.append(torch.allclose(mine(images), answer, rtol=0, atol=1e-12))
    print(f"p = {p}: {tuple(images.shape)} -> {tuple(mine(images).shape)}")
print(f"equal to swin_edu.PatchEmbedding to 12 digits in {sum(same)} of {len(same)} comparisons")

# %% [markdown]
# ## 6. What is lost?
#
# 48 numbers became 96. From the tokens we try to get the photograph back: `torch.linalg.lstsq` finds the
# matrix that does it best for this photograph.
#
# **Predict.** Is the photograph complete, or damaged: with 96 numbers, with 3, and with 3 where `W` is not
# random but chosen for it? Which of the last two is better?

# %%
pixels = cut(cat.double(), 4)
best = torch.linalg.svd(pixels.reshape(-1, 48), full_matrices=False).Vh  # the most important rows first
matrices = {"C = 96, random": torch.randn(96, 48).double(), "C = 3, random": torch.randn(3, 48).double()}
matrices["C = 3, chosen"] = best[:3]
pictures = {}
for name, W in matrices.items():
    tokens = pixels @ W.T
    restored = (
        tokens @ torch.linalg.lstsq(tokens.reshape(-1, len(W)), pixels.reshape(-1, 48), driver="gelsd")[0]
    )
    steps = 255 * (restored - pixels).abs().mean().item()
    print(f"{name}: a pixel is wrong by {steps:.0f} of 255 steps")
    pictures[name] = rearrange(restored, "b h w (p q c) -> b c (h p) (w q)", p=4, q=4)[0]
patches_figures.photographs(pictures)

# %% [markdown]
# With at least 48 numbers nothing needs to be lost. With fewer, something must go, and *what* goes is up to
# `W`: three well chosen numbers keep more than three random ones. Training chooses.
#
# **Question.** Swin-T turns 48 numbers into 96. What is gained?
#
# <details><summary>A. Twice as much information.</summary>No. 96 numbers made from 48 still say only what the
# 48 say.</details>
# <details><summary>B. Room: the same facts, said in the way that later layers need.</summary>Right. And
# room for what attention will add.</details>
# <details><summary>C. Resolution: each token now covers fewer pixels.</summary>No. It still stands for 4 x
# 4 pixels.</details>
#
# Now the LayerNorm. **Predict.** We make the photograph half as bright. How many of the 8,064 tokens change
# noticeably: all, half, or none? (Without `b`, to keep it pure.)

# %%
embedding = swin_edu.PatchEmbedding(4, 3, 96).double()
embedding.projection.bias.zero_()
bright, dark = embedding(cat.double()), embedding(cat.double() / 2)
changed = ((bright - dark).abs() > 0.1).any(dim=-1)
print(f"tokens that change by more than 0.1 anywhere: {changed.sum()} of {changed.numel()}")
W = rearrange(embedding.projection.weight, "d c p q -> d (p q c)")
restored = rearrange(bright @ torch.linalg.pinv(W).T, "b h w (p q c) -> b c (h p) (w q)", p=4, q=4)[0]
restored /= 2.5  # the tokens do not say how bright it was, so any factor is as good
patches_figures.photographs({"the cat": cat[0], "half as bright": cat[0] / 2, "from the tokens": restored})

# %% [markdown]
# A patch with half the light becomes the same token: the norm divides the light away. The third picture
# undoes `W` (`torch.linalg.pinv`) for the normalised tokens: the pattern *inside* each patch is there, its
# scale is not. (Exceptions: nearly black patches, where the norm's epsilon counts.) The real layer has `b`,
# which does not get darker with the photograph. With it every token changes: take the `zero_()` line away
# and see.
#
# ## 7. Sizes that p does not divide
#
# The whole photograph has 300 x 451 pixels, and 451 is not a multiple of 4.
#
# **Predict.** How many rows and columns of zeros must be put where, so that p = 4 divides both? How many
# tokens are there?

# %%
whole = rearrange(torch.tensor(photograph("chelsea")), "h w c -> 1 c h w").double() / 255
height, width = whole.shape[-2:]
bottom, right = -height % 4, -width % 4
padded = F.pad(whole, (0, right, 0, bottom))  # left, right, top, bottom: the LAST axis comes first
print(f"bottom {bottom}, right {right}:", tuple(whole.shape), "->", tuple(padded.shape))

with_padding, cropped = embedding(whole), embedding(whole[..., :448])
print("tokens", tuple(with_padding.shape))
print("the others do not notice:", torch.allclose(with_padding[:, :, :112], cropped, rtol=0, atol=1e-12))

# %% [markdown]
# Zeros at the bottom and right, up to whole patches. Only the last column of tokens knows of them.
#
# ## 8. Who is where?
#
# **Predict.** We exchange two patches of the photograph, an eye and a piece of the background. Which of the
# tokens change? Does the eye's token change?

# %%
eye, ground = (0, 26, 42), (0, 3, 5)
swapped = patches.clone()
swapped[eye], swapped[ground] = patches[ground], patches[eye]
swapped_cat = rearrange(swapped, "b h w (p q c) -> b c (h p) (w q)", p=4, q=4).double()
before, after = embedding(cat.double()), embedding(swapped_cat)
print("tokens that changed:", (before != after).any(dim=-1).nonzero()[:, 1:].tolist())
print("they only changed places:", torch.allclose(after[ground], before[eye], rtol=0, atol=1e-12))

# %% [markdown]
# Two changed, and the eye's token only stands elsewhere.
#
# **Question.** You take one token out of the grid and show it to somebody. What can they tell?
#
# <details><summary>A. The row and column where it stood.</summary>No. An eye's token is the same in each
# corner of the image. The place is not in the token.</details>
# <details><summary>B. What its patch looks like, and nothing of its neighbours.</summary>Right. Each patch
# went through W alone. Neighbours meet in attention (chapter 02), and places come in chapter 04.</details>
# <details><summary>C. What its patch and those around it look like.</summary>Kernels of 4 x 4 in steps of 4
# do not overlap, so no token sees a pixel of its neighbour.</details>
#
# ## Your turn
#
# Three tasks. Write the function's body in place of `...` and run its cell. The check says what is wrong, and
# often which mistake it looks like. A task that you leave unwritten breaks nothing.
#
# **A. Cut without `rearrange`** (easy, 10 minutes). Use only `reshape` and `permute`.
#
# <details><summary>Hint</summary>Section 2, with two more axes: six in all after the first
# <code>reshape</code>. Give each a name in a comment.</details>


# %%
def cut_patches(images, patch_size):
    """(B, c, H, W) -> (B, H/p, W/p, p*p*c)"""
    ...


exercises.cut_patches.check(cut_patches)

# %% [markdown]
# **B. Put the patches together** (medium, 10 minutes). The inverse, again without `rearrange`. The patches
# need not be square: they have `patch_height` x `patch_width` pixels.
#
# <details><summary>Hint</summary>Do the steps of A backwards. A <code>permute</code> is undone by the one
# that sends each axis back where it came from.</details>


# %%
def join_patches(patches, patch_height, patch_width):
    """(B, rows, columns, patch_height*patch_width*c) -> (B, c, H, W)"""
    ...


exercises.join_patches.check(join_patches)

# %% [markdown]
# **C. Patches that overlap** (hard, 20 minutes). In later networks the kernel is larger than the stride.
# Write it as a matrix product, without `conv2d` and `unfold`: gather the patches, then multiply. Kernel and
# stride can differ between rows and columns.
#
# <details><summary>Hint</summary>Which image rows does the patch at row i cover? Make a table of them with
# <code>torch.arange</code> and broadcasting, (rows, kernel height). The same for the columns. Then index the
# image with both tables at once.</details>


# %%
def overlapping_tokens(images, weight, bias, stride):
    """(B, c, H, W), (C, c, kh, kw), (C,), (sh, sw) -> (B, rows, columns, C), as many patches as fit."""
    ...


exercises.overlapping_tokens.check(overlapping_tokens)

# %% [markdown]
# ## What you now know
#
# - Attention pays for pairs of tokens. Half the patch side: 4 times more tokens, 16 times more pairs.
# - Cutting is split, permute, join. Without the permute the shape is right and the picture is scrambled.
# - The linear embedding multiplies each patch with the same matrix. A convolution with stride p is that
#   matrix, its weights in the order (c p q).
# - 48 numbers fit into 96, so nothing need be lost. Without `b`, LayerNorm makes a patch and its
#   half-bright copy one token.
# - A token knows its own patch, not its place and not its neighbours.
#
# ## What comes next
#
# 8,064 tokens for one cat: 65 million pairs. Chapter 02 will let each token talk only inside its own window.
# Back to [the map](00_start_here.ipynb).
