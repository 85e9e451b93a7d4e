# %% [markdown]
# # 2. Windows
#
# **Every token may ask every other. Who can pay for that?** In this lesson you count what attention costs,
# make it cheap by cutting the token grid into windows, and see what the scissors can do wrong.
#
# - **Time:** 40 minutes, and 50 minutes for the tasks at the end.
# - **You need:** matrix products, `softmax`; chapter 01, or one sentence of it: a token is a patch of the
#   photograph, as a vector of `C` numbers.
# - **You build:** attention, its cost by counting, the window partition and its inverse, and W-MSA.
#
# `B` images, `H x W` the token grid, `C` the channels, `M` the window side, `N = M*M` the tokens in a
# window, `nW` the windows in an image, `h` heads of `d = C/h` channels. Row comes before column.
#
# *To predict honestly, choose Edit > Clear Outputs of All Cells first.*

# %%
import math
import time
from itertools import product

import torch
from einops import rearrange
from torch.utils.flop_counter import FlopCounterMode

import swin_edu
from swin_edu import SwinConfig, WindowAttention, exercises, multiply_adds, patchify
from swin_edu.visuals import CostExplorer, WindowExplorer, figures, photograph, window_figures

torch.set_grad_enabled(False)
torch.manual_seed(0)
print("ready")

# %% [markdown]
# ## 1. Attention in four lines
#
# Each token sends out a **query** ("what am I looking for?"), a **key** ("what is to be found here?") and a
# **value** ("what do I tell?"). Each is a linear map of its vector. Query times key says how well, and how
# strongly, two fit. `softmax` turns that into weights that sum to 1, and the answer is the weighted mean of
# the values.


# %%
def attend(q, k, v):
    """(..., N, d) three times -> answers (..., N, d) and weights (..., N, N), row = query."""
    scores = q @ k.mT
    scores = scores / q.shape[-1] ** 0.5  # else they grow with d, and softmax would see only the largest
    weights = scores.softmax(dim=-1)
    return weights @ v, weights


photo = rearrange(torch.tensor(photograph("chelsea")[6:294, 10:442]), "h w c -> c h w") / 255
patches = patchify(photo[None], 12)[0]
tokens = rearrange((patches - patches.mean(dim=(0, 1))) / patches.std(), "h w c -> (h w) c")
print("photo", tuple(photo.shape), "-> patches", tuple(patches.shape), "-> tokens", tuple(tokens.shape))

# %% [markdown]
# One set of maps makes one set of weights: that is a **head**. A network learns its maps. We make two by
# hand. One keeps a patch's mean colour; the other says if it is brighter above or below, left or right.
#
# **Predict.** A token of orange fur beside the eye asks. Where does the colour head look? And the edge head?

# %%
colour_map = torch.eye(3).repeat(144, 1) / 48  # (432, 3): the mean of 144 pixels, times 3
ramp = torch.linspace(-1, 1, 12)
up_down, left_right = ramp[:, None, None].expand(12, 12, 3), ramp[None, :, None].expand(12, 12, 3)
edge_map = torch.stack([up_down.flatten(), left_right.flatten()], dim=1) / 36  # (432, 2)

looks = {}
for name, learned in {"colour head": colour_map, "edge head": edge_map}.items():
    answers, weights = attend(tokens @ learned, tokens @ learned, tokens)
    looks[name] = weights[9 * 36 + 8].view(24, 36)  # row of the token at row 9, column 8
    most = looks[name].flatten().sort(descending=True).values.cumsum(0)
    print(f"{name}: weights {tuple(weights.shape)}, half of the attention to {(most < 0.5).sum()} tokens")
figures.attention(photo, looks, query=(9, 8))

# %% [markdown]
# Bright: much attention. Not fur of the same orange: a dot product grows with the key's *length*, so the
# strongest orange wins, the nose. Edges find the rim of an eye. So several heads ask side by side, each
# with `d = C/h` channels.
#
# **Question.** `weights` is (864, 864). Along which axis must it sum to 1?
#
# <details><summary>A. The last: each row belongs to one query, and says where that query
# looks.</summary>Right. Each query shares out one whole attention among the keys:
# <code>softmax(dim=-1)</code>.</details>
# <details><summary>B. The one before: each column belongs to one key.</summary>No. Then a token that nobody
# finds interesting would still get as much attention as the nose, and answers would be no means.</details>
# <details><summary>C. It makes no difference, because scores are symmetric.</summary>No. Here they are,
# since q and k come from one map. In a network they are not; and even here, rows and columns have different
# sums.</details>
#
# ## 2. The bill
#
# Swin's first stage has patches of 4 x 4 pixels and, in Swin-T, 3 heads. `weights` has an entry for each
# pair of tokens.
#
# **Predict.** The photograph's side doubles. How many times more pairs? At 448 or 896 px, do the weights of
# *one layer* fit into 24 GB?

# %%
for pixels in (224, 448, 896):
    count = (pixels // 4) ** 2
    memory = 3 * count**2 * 4 / 1e9  # heads, pairs, bytes
    print(f"{pixels} px: {count:6,} tokens, {count**2 / 1e6:5,.0f} million pairs, weights {memory:5.2f} GB")

# %% [markdown]
# Sixteen times, for every doubling. (A fused kernel, all steps in one, need not store them, but computes
# them.) And how much work? Count **multiply-adds**: a product of `n x k` with `k x m` has `n*k*m`. (For
# one, the paper writes FLOPs. Today a FLOP is mostly *one* operation, so two for each multiply-add.)
#
# | matrix product | shapes | multiply-adds |
# |---|---|---|
# | q, k, v and the output map | 4 times `(HW x C) (C x C)` | `4 HW C^2` |
# | scores, in each head | `h` times `(HW x d) (d x HW)` | `(HW)^2 C` |
# | answers, in each head | `h` times `(HW x HW) (HW x d)` | `(HW)^2 C` |
#
# Together they are the paper's equation (1): $\Omega(\text{MSA}) = 4hwC^2 + 2(hw)^2C$, with its `hw` for our
# `HW`.
#
# Now cut the grid into windows of `M x M` tokens, and let each token ask only its own window: **W-MSA**,
# window multi-head self-attention. There are `HW / M^2` windows with `(M^2)^2` pairs each. That is equation
# (2): $\Omega(\text{W-MSA}) = 4hwC^2 + 2M^2hwC$.
#
# **Predict.** H = W = 56, C = 96, M = 7. How many times cheaper is W-MSA?


# %%
def omega_msa(H, W, C):
    return 4 * H * W * C**2 + 2 * (H * W) ** 2 * C


def omega_w_msa(H, W, C, M):
    return 4 * H * W * C**2 + 2 * M**2 * H * W * C


for H in (56, 112, 224):
    everyone, windowed = omega_msa(H, H, 96), omega_w_msa(H, H, 96, 7)
    times = everyone / windowed
    print(f"{H:3} x {H:3}: {everyone / 1e9:6.2f} G, {windowed / 1e9:4.2f} G, {times:5.1f} times cheaper")

# %% [markdown]
# Is it true? PyTorch can count the products of a real module. On the `meta` device tensors have shapes but
# no numbers: this costs nothing. Global attention is the library's `WindowAttention` with *one* window as
# large as the grid.
#
# **Predict.** The last two lines count the same windows on the CPU. The same result?


# %%
def counted(forward, windows):
    with FlopCounterMode(display=False) as counter:
        forward(windows)
    return counter.get_total_flops() // 2  # FLOPs -> multiply-adds


with torch.device("meta"):
    everyone = WindowAttention(96, 3, window_size=56, relative_position_bias=False)
    windowed = WindowAttention(96, 3, window_size=7, relative_position_bias=False)
    print("equation (1):", counted(everyone, torch.empty(1, 3136, 96)) == omega_msa(56, 56, 96))
    print("equation (2):", counted(windowed, torch.empty(64, 49, 96)) == omega_w_msa(56, 56, 96, 7))
real = WindowAttention(96, 3, window_size=7, relative_position_bias=False)
for name in ("forward", "forward_plain"):
    share = counted(getattr(real, name), torch.zeros(64, 49, 96)) / omega_w_msa(56, 56, 96, 7)
    print(f"{name} on the CPU: {share:.1%} of equation (2)")

# %% [markdown]
# Both equations hold to the last multiply-add. But on the CPU a fifth is missing: there `forward` calls a
# *fused* kernel that does scores, softmax and answers in one, and the counter does not know it.
# (`forward_plain` makes the products one by one.) Many counters look only at layers, and miss attention,
# too. Ask what was counted, and in which unit.
#
# Is a multiply-add time? We measure how time grows from 32 x 32 to 96 x 96 tokens, nine times as many. If
# time goes as `tokens ** exponent`, the exponent is `log(ratio) / log(9)`.
#
# **Predict.** Which exponent has global attention? Which has W-MSA?


# %%
def seconds(count, inside):
    """Processor time of attention over `count` tokens, with `inside` in a window; the best of five."""
    module = WindowAttention(32, 1, window_size=(1, inside), relative_position_bias=False)
    windows, times = torch.randn(count // inside, inside, 32), []
    for _ in range(5):
        start = time.thread_time()
        module(windows)
        times.append(time.thread_time() - start)
    return min(times)


torch.set_num_threads(1)  # so that this thread does all the work, and its time is all the time
few, many = 32 * 32, 96 * 96
for name, small, large in (("global", few, many), ("windows of 64 tokens", 64, 64)):
    ratio = seconds(many, inside=large) / seconds(few, inside=small)
    print(f"{name}: time grows as tokens ** {round(math.log(ratio) / math.log(9))}")

# %% [markdown]
# ## Play: the bill
#
# Double the side: four times the tokens, so nearly 16 times the time, or 4 times with windows. Find out:
#
# 1. From which side on does global attention with 6 heads need more than 24 GB?
# 2. At 64 px, which `M` costs as much as global attention?
# 3. Does the number of heads change the work? The memory?

# %%
CostExplorer(side=224, window_size=7, channels=96, num_heads=3)

# %% [markdown]
# <details><summary>Answers</summary>1. From about 710 px on. 2. M = 16: one window is the whole grid. 3. Not
# the work: h heads of C/h channels make C again. The memory, yes: each head keeps its own weights.</details>
#
# ## 3. Scissors
#
# Cutting is a matter of axes. Here each token carries only its number: 8 x 12 tokens, and we want six
# windows of 4 x 4. A friend says: "`view(-1, 4, 4, 1)` has the right shape, and raises no error."
#
# **Predict.** Which sixteen numbers does your friend's window 0 hold?

# %%
grid = torch.arange(96).view(1, 8, 12, 1)
wrong = grid.view(-1, 4, 4, 1)
print("shape", tuple(wrong.shape), "and window 0:")
print(wrong[0, :, :, 0])

# %% [markdown]
# The right shape, the wrong tokens: 0 to 15, one row of the grid and a third of the next. `view` moves
# nothing, it only puts new brackets around the same numbers.
#
# So give each axis two names first, the window and the place inside it. Then bring the two window axes
# together: that is what `permute` is for.

# %%
split = grid.view(1, 2, 4, 3, 4, 1)  # B, nh, Mh, nw, Mw, C
moved = split.permute(0, 1, 3, 2, 4, 5)  # B, nh, nw, Mh, Mw, C
right = moved.reshape(-1, 4, 4, 1)  # B*nW, Mh, Mw, C
for name, step in {"grid": grid, "split": split, "moved": moved, "right": right}.items():
    print(f"{name:5} {tuple(step.shape)!s:20} same memory as grid: {step.data_ptr() == grid.data_ptr()}")
print(right[0, :, :, 0])

# %% [markdown]
# Even `permute` only changes the order of reading. The last `reshape` copies the numbers into that order.
#
# **Predict.** Both sets of windows have the same shape. Would you see the mistake in a photograph?

# %%
photo_windows = {"view, permute, reshape": right[..., 0], "view alone": wrong[..., 0]}
window_figures.window_contents(photo, photo_windows, grid=(8, 12))

# %% [markdown]
# A network may still train on the right-hand windows; nothing warns you.
#
# ## Play: follow a token
#
# Move the slider and watch the tokens travel. Point at a token to read its index at every step. Then find
# out:
#
# 1. Forget the permute. From how many true windows do the tokens of "window" 0 come?
# 2. For which grids and windows does forgetting do no harm?
# 3. Take two images. Which window is number 7?

# %%
WindowExplorer(height=8, width=12, window_size=4)

# %% [markdown]
# <details><summary>Answers</summary>1. From three. 2. Where a window is as wide as the grid, or one row
# high: then each window already lies in one piece in memory. 3. Window 1 of image 1: with six windows an
# image, <code>7 = 1 * 6 + 1</code>. In general, window <code>w</code> of image <code>b</code> has number
# <code>b * nW + w</code>.</details>
#
# The same in einops, where the axes have names and nothing is left to count, and the way back.
#
# **Question.** All three patterns give the right shape. Which one cuts windows, in the right order?
#
# <details><summary>A. <code>b (nh mh) (nw mw) c -> (b nh nw) mh mw c</code></summary>Right. Window first,
# place second; row before column; image by image.</details>
# <details><summary>B. <code>b (mh nh) (mw nw) c -> (b nh nw) mh mw c</code></summary>No. The place became
# the slow axis: each window gets every second row and every third column, spread over the whole
# image.</details>
# <details><summary>C. <code>b (nh mh) (nw mw) c -> (b nw nh) mh mw c</code></summary>No. Each window is
# right, but they are numbered column by column. Masks made in row order (chapter 03) would meet the wrong
# windows.</details>


# %%
def cut(tokens, M):
    return rearrange(tokens, "b (nh mh) (nw mw) c -> (b nh nw) mh mw c", mh=M, mw=M)


def join(windows, M, H, W):
    return rearrange(windows, "(b nh nw) mh mw c -> b (nh mh) (nw mw) c", nh=H // M, nw=W // M)


two = torch.arange(2 * 96).view(2, 8, 12, 1)
windows = cut(two, 4)
print(tuple(two.shape), "->", tuple(windows.shape), "-> and back:", torch.equal(join(windows, 4, 8, 12), two))
print("as by view and permute:", torch.equal(cut(grid, 4), right))
print("as swin_edu.window_partition:", torch.equal(windows, swin_edu.window_partition(two, 4)))
print("as swin_edu.window_reverse:", torch.equal(two, swin_edu.window_reverse(windows, 4, 8, 12)))
first = windows[7, 0, 0].item()
print(f"window 7 begins with token {first}, that is token {first - 96} of image 1")

# %% [markdown]
# ## 4. All windows in one batch: W-MSA
#
# Windows are now a batch axis, and attention never looks across that. So `attend` needs no change at all.
# Only the heads need an axis of their own, before the tokens.
#
# Beside it, the definition: image by image, window by window, head by head, with plain slices. Both get the
# same float64 numbers, on a grid that is not square.


# %%
def window_msa(tokens, M, module):
    """(B, H, W, C) -> (B, H, W, C), with the linear maps of a module."""
    _, H, W, _ = tokens.shape
    windows = rearrange(cut(tokens, M), "w mh mw c -> w (mh mw) c")
    q, k, v = rearrange(module.qkv(windows), "w n (three h d) -> three w h n d", three=3, h=module.num_heads)
    answers, weights = attend(q, k, v)
    print("q", tuple(q.shape), "weights", tuple(weights.shape), "answers", tuple(answers.shape))
    answers = module.projection(rearrange(answers, "w h n d -> w n (h d)"))
    return join(rearrange(answers, "w (mh mw) c -> w mh mw c", mh=M), M, H, W)


module = WindowAttention(channels=6, num_heads=3, window_size=4, relative_position_bias=False).double()
random_tokens = torch.randn(2, 8, 12, 6, dtype=torch.float64)
batched = window_msa(random_tokens, 4, module)


# %%
def one_by_one(tokens, M, module):
    B, H, W, C = tokens.shape
    result, d = torch.empty_like(tokens), C // module.num_heads
    for b, r, c in product(range(B), range(0, H, M), range(0, W, M)):
        q, k, v = module.qkv(tokens[b, r : r + M, c : c + M].reshape(M * M, C)).split(C, dim=-1)
        heads = [slice(i, i + d) for i in range(0, C, d)]
        answers = torch.cat([attend(q[:, s], k[:, s], v[:, s])[0] for s in heads], dim=-1)
        result[b, r : r + M, c : c + M] = module.projection(answers).view(M, M, C)
    return result


flat = rearrange(cut(random_tokens, 4), "w mh mw c -> w (mh mw) c")
results = {"one_by_one": one_by_one(random_tokens, 4, module)}
for name in ("forward", "forward_plain"):
    results[name] = join(getattr(module, name)(flat).view(-1, 4, 4, 6), 4, 8, 12)
for name, result in results.items():
    print(f"{name:13} equal to 12 digits: {(batched - result).abs().max().item() < 1e-12}")

# %% [markdown]
# ## 5. Why 7?
#
# A larger window sees more and costs more. `swin_edu.multiply_adds` counts the whole of Swin-T.
#
# **Predict.** Which of M = 4, 7, 8, 12, 14 need no padding at 224 px, in any of the four stages? At 384 px?
# (A grid no larger than the window is one window, without padding.)

# %%
print(f"{'':6}{'224 px':>22}{'384 px':>22}")
for M in (4, 7, 8, 12, 14):
    row = ""
    for pixels in (224, 384):
        sides = [pixels // (4 * 2**stage) for stage in range(4)]
        fits = all(side % M == 0 or side < M for side in sides)
        total = multiply_adds(SwinConfig(window_size=M), pixels, pixels).total
        row += f"{total / 1e9:8.2f} G, {'fits' if fits else 'is padded':>9}"
    print(f"M = {M:2}{row}")

# %% [markdown]
# **Question.** What makes 7 convenient at 224 px?
#
# <details><summary>A. Seven is the best window for vision.</summary>No. Nothing in the method asks for
# seven. The authors' models for 384 px have 12 (<code>swin_base_patch4_window12_384</code>).</details>
# <details><summary>B. It divides every stage of a 224 px image: 56, 28, 14, 7.</summary>Right. 224 = 32 * 7,
# and the last stage is 32 times smaller than the photograph. At 384 = 32 * 12, twelve does the
# same.</details>
# <details><summary>C. Larger windows are too expensive.</summary>No. M = 14 fits as well, and Swin-T costs
# only a tenth more: most work is in the linear maps. </details>
#
# A trained network cannot simply change its `M`: its position bias (chapter 04) has learned one window size.
#
# ## 6. What windows lose
#
# **Predict.** We change one token, at row 1, column 3. Its right neighbour sits in the next window. Does the
# neighbour ever notice? After how many rounds of W-MSA?


# %%
def one_round(tokens):
    windows = rearrange(cut(tokens, 4), "w mh mw c -> w (mh mw) c")
    return tokens + join(module(windows).view(-1, 4, 4, 6), 4, 8, 12)


before, after = random_tokens[:1], random_tokens[:1].clone()
after[0, 1, 3] += 1
for rounds in range(1, 101):
    before, after = one_round(before), one_round(after)
    if rounds in (1, 10, 100):
        changed = (before != after)[0].any(dim=-1)
        print(f"after {rounds:3} rounds: {changed.sum()} tokens changed; the neighbour: {changed[1, 4]}")

# %% [markdown]
# Never. The border is a wall, whatever the depth. Chapter 03 moves the walls.
#
# ## Your turn
#
# Three tasks. Write the function's body in place of `...` and run its cell. A task that you leave unwritten
# breaks nothing. The checks use batches of two and sides that differ.
#
# **A. Windows that are not square** (easy, 5 minutes). Cut into windows of `Mh x Mw`, with `view`, `permute`
# and `reshape` only.
#
# <details><summary>Hint</summary>Six axes, and the permutation of section 3. Let the tensor tell you B, H, W
# and C.</details>


# %%
def cut_windows(tokens, window):
    """tokens (B, H, W, C), window (Mh, Mw) -> (B*nW, Mh, Mw, C)."""
    ...


exercises.cut_windows.check(cut_windows)

# %% [markdown]
# **B. The bill for sound, pictures and video** (medium, 15 minutes). Count the multiply-adds of windowed
# attention, as equation (2) does, on a grid with one, two or three axes. An axis that the window does not
# divide is padded to whole windows, and padding is work, too. An axis no longer than its window is one
# window, and is not padded.
#
# <details><summary>Hint</summary>First settle each axis alone: its window, then its padded length. After
# that only two numbers count: all tokens, and the tokens in a window.</details>


# %%
def count_multiply_adds(grid, window, channels):
    """grid such as (T, H, W), window as long, such as (Mt, Mh, Mw) -> an int."""
    ...


exercises.count_multiply_adds.check(count_multiply_adds)

# %% [markdown]
# **C. Attention in any windows** (hard, 25 minutes). W-MSA for one, two or three axes, and for sizes that do
# *not* divide. The last window of an axis then simply holds fewer tokens. Nobody attends to padding. There
# is no output map.
#
# <details><summary>Hint</summary>You may pad, cut, mask, attend and crop. Or you do not cut at all: say for
# each pair of tokens whether they share a window, and remember what softmax makes of minus
# infinity.</details>


# %%
def attend_in_windows(tokens, window, qkv_weight, num_heads):
    """tokens (B, *grid, C), qkv_weight (3C, C): C rows each for q, k, v, head 0 first -> (B, *grid, C)."""
    ...


exercises.attend_in_windows.check(attend_in_windows)

# %% [markdown]
# ## What you now know
#
# - Attention is `softmax(q @ k.mT / d**0.5) @ v`, in `h` heads side by side.
# - Everybody asks everybody: `(HW)^2` pairs. In windows: `M^2 HW`. Linear maps cost `4 HW C^2` either way.
# - Cutting is split, permute, reshape. Without the permute the shape is right and the content is not.
# - Windows are a batch axis, number `b * nW + w`; so W-MSA is plain attention.
# - M = 7 fits 224 px without padding, because 224 = 32 * 7.
# - Counters disagree: ask for the unit, and whether attention is in it.
#
# ## What comes next
#
# Windows are walls. [Chapter 03](03_shifted_windows.ipynb) opens them without making attention dearer.
