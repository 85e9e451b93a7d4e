# %% [markdown]
# # 5. The Swin block
#
# **What is left of a cat after twelve blocks of random weights?** It depends on two plus signs. In this
# lesson you put the block together, and find out what each part is for by taking it away.
#
# - **Time:** 40 minutes, and 35 minutes for the tasks at the end.
# - **You need:** windows and attention (chapter 02), the shift and its mask (03), the position bias (04).
# - **You build:** the MLP, drop path and `MyBlock`, equal to the library's block.
#
# `C` is the number of channels of a token, `h` the heads, `M` the window side. Over several blocks, a token
# *sees* all those that can change its output, and *hears* of a change if its output is then different.
#
# *To predict honestly, choose Edit > Clear Outputs of All Cells first.*

# %%
import torch
import torch.nn.functional as F
from einops import rearrange
from torch import nn

import swin_edu
from swin_edu import PatchEmbedding, SwinBlock, WindowAttention, count_parameters, exercises
from swin_edu.visuals import BlockExplorer, ReachExplorer, block_figures, photograph

torch.set_grad_enabled(False)
torch.manual_seed(0)
cat = photograph("chelsea")[2:298, 97:393]
photo = rearrange(torch.tensor(cat), "h w c -> c h w") / 255
tokens = PatchEmbedding(patch_size=37, in_channels=3, embed_dim=48)(photo[None])
print("photo", tuple(photo.shape), "-> tokens", tuple(tokens.shape))

# %% [markdown]
# ## 1. Two branches beside a road
#
# You have the pieces. The paper (equation 3) joins them like this:
#
# $$\hat z^{l} = \text{W-MSA}(\text{LN}(z^{l-1})) + z^{l-1}$$
#
# $$z^{l} = \text{MLP}(\text{LN}(\hat z^{l})) + \hat z^{l}$$
#
# and the next block does the same with SW-MSA, the shifted one. Read it as traffic. The tokens travel on a
# straight **road**. Twice they meet a **branch** that reads them, computes something, and *adds* it. LN is
# LayerNorm; it stands at the entrance of the branch, never on the road. (In papers the road is called the
# *residual* or skip connection.)

# %%
block = SwinBlock(channels=48, num_heads=3, window_size=4, shift=0)
seen = block.attend(block.norm1(tokens))  # W-MSA: partition, attend, put back
road = tokens + seen
thought = block.mlp(block.norm2(road))
result = road + thought
for name, value in {"z": tokens, "attention": seen, "z-hat": road, "MLP": thought, "new z": result}.items():
    print(f"{name:9} {tuple(value.shape)}  typical size {value.std():.1f}")
print("equal to the block:", torch.allclose(result, block(tokens), atol=1e-5))

# %% [markdown]
# The shape never changes, so blocks can be stacked without end.
#
# ## 2. LayerNorm
#
# LayerNorm takes *one token*, subtracts the mean of its `C` numbers and divides by their standard deviation.
# Then each channel gets a learned scale and shift (1 and 0 at the start).
#
# **Predict.** We change one token of 64. How many outputs of LayerNorm change? And if somebody normalises
# over rows and columns instead of channels?


# %%
def normalise(tokens, axes):
    """Mean 0 and variance 1 over these axes of (B, H, W, C)."""
    mean, variance = tokens.mean(axes, keepdim=True), tokens.var(axes, keepdim=True, correction=0)
    return (tokens - mean) / (variance + 1e-5).sqrt()


print("equal to nn.LayerNorm:", torch.allclose(normalise(tokens, -1), nn.LayerNorm(48)(tokens), atol=1e-5))
changed = tokens.clone()
changed[0, 3, 2] += torch.linspace(-1, 1, 48)
for name, axes in {"channels": -1, "rows and columns": (1, 2)}.items():
    different = (normalise(changed, axes) != normalise(tokens, axes)).any(dim=-1)
    print(f"over {name}: {different.sum()} of 64 tokens change")

# %% [markdown]
# Over rows and columns, one patch changes the whole image: a leak through every wall.
#
# ## 3. Take the plus away
#
# The walk through a stack, written so that we can break it:


# %%
def walk(tokens, blocks, norm_first=True, residual=True):
    """The tokens before the first and after each block, a list of (B, H, W, C)."""
    history = [tokens]
    for block in blocks:
        z = history[-1]
        for branch, norm in ((block.attend, block.norm1), (block.mlp, block.norm2)):
            added = branch(norm(z)) if norm_first else branch(z)
            z = z + added if residual else added
            z = z if norm_first else norm(z)
        history.append(z)
    return history


blocks = nn.ModuleList(SwinBlock(48, 3, 4, shift=2 * (k % 2)) for k in range(24))
same = torch.allclose(walk(tokens, blocks)[-1], nn.Sequential(*blocks)(tokens), atol=1e-4)
print("equal to the blocks:", same)

# %% [markdown]
# **Predict.** Twelve untrained blocks. How much of the difference between the cat's tokens is left with the
# residual (`z + ...`)? And without? We measure how far the tokens are from their common mean, relative to
# their size.


# %%
def distance_from_mean(tokens):
    """(1, H, W, C) -> (H, W): how far each token is from the mean token, in units of the tokens' size."""
    return (tokens - tokens.mean(dim=(1, 2), keepdim=True)).norm(dim=-1)[0] / tokens.norm(dim=-1).mean()


maps = {
    "before": distance_from_mean(tokens),
    "12 blocks": distance_from_mean(walk(tokens, blocks[:12])[-1]),
    "12 blocks without residual": distance_from_mean(walk(tokens, blocks[:12], residual=False)[-1]),
}
for name, distances in maps.items():
    print(f"{name}: {distances.mean():.1%}")
block_figures.token_maps(maps, "distance from the mean token")

# %% [markdown]
# With the plus, two thirds are left, 16.6 of 24.6 %: the differences have not shrunk, but what all tokens
# share has grown. Without, all tokens become **the same token**. Each attention is an average, and twelve
# averages in a row leave nothing to tell an eye from an ear. (Here the MLPs lost their plus, too. Dong et
# al. 2021 prove it for attention alone: it [loses rank doubly exponentially with
# depth](https://arxiv.org/abs/2103.03404).)
#
# What is lost on the way forward is lost on the way back, too.
#
# **Predict.** By how much does the gradient shrink from the output to the input, with and without?


# %%
@torch.enable_grad()
def gradient_norms(tokens, blocks, **how):
    """The norm of the loss's gradient at the tokens before the first block and after each."""
    history = walk(tokens.clone().requires_grad_(), blocks, **how)
    direction = torch.randn(tokens.shape, generator=torch.Generator().manual_seed(1))
    gradients = torch.autograd.grad((history[-1] * direction).sum(), history)
    return torch.stack([gradient.norm() for gradient in gradients])


for residual in (True, False):
    norms = gradient_norms(tokens, blocks[:12], residual=residual)
    print(f"residual {residual!s:5}: the gradient arrives times {norms[0] / norms[-1]:.2g}")

# %% [markdown]
# The plus is a road for the gradient: the derivative of `z + branch(z)` is `1 + ...`, never just a product of
# small numbers.
#
# ## 4. Norm before or after?
#
# The first Transformer (2017) normed *after* the plus: `LN(z + branch(z))`. Swin norms before, at the
# branch's entrance. Both are in use; in deep stacks they behave differently.
#
# **Predict.** In which of the two do the numbers on the road grow with depth? In which does the gradient
# arrive at about its full size?

# %%
sizes = {}
for name, norm_first in {"norm before (Swin)": True, "norm after": False}.items():
    sizes[name] = [z.std(dim=-1).mean().item() for z in walk(tokens, blocks, norm_first=norm_first)]
    norms = gradient_norms(tokens, blocks, norm_first=norm_first)
    shown = ", ".join(f"{sizes[name][k]:.1f}" for k in (0, 8, 16, 24))
    print(f"{name:19}: size after 0, 8, 16, 24 blocks: {shown}; gradient times {norms[0] / norms[-1]:.1f}")
block_figures.curves(sizes, "blocks", "standard deviation of a token")

# %% [markdown]
# Before: nobody tidies the road, so each branch piles something onto it, and the gradient comes home at
# about its full size. After: the size stays 1, but each norm squeezes the road as well, and with it what
# came from far back. (Very large Swins suffer from the growth; Swin V2 will move the norm once more,
# chapter 14.)
#
# **Question.** Which line is the block of the paper?
#
# <details><summary>A. <code>z = norm(z); z = z + attend(z)</code></summary>No. Here the <em>normed</em>
# tokens travel on: the road itself is changed, and the size that a token had is forgotten.</details>
# <details><summary>B. <code>z = z + attend(norm(z))</code></summary>Right. The branch reads a normed copy;
# on the road, z goes on untouched.</details>
# <details><summary>C. <code>z = norm(z + attend(z))</code></summary>No. That is the order of 2017, norm after
# the plus.</details>
#
# ## Play
#
# A real block, small enough to look inside: 8 channels, 2 heads, M = 4. Panel 2 follows one token along the
# road and through both branches, as bars; the pale band behind each bar is the range of all tokens. Panel 3
# shows the same token after each block, and who has heard of the token in the green frame (drag it). Find
# out:
#
# 1. Point at other tokens. Which numbers in panel 2 never change?
# 2. Switch Residual off and point again. After which block do the tokens *differ 0 %*?
# 3. Switch Norm first off. How much do the tokens differ after block 6, with it and without?
# 4. Switch Shift off. Can the green token still reach the other end?

# %%
explorer = BlockExplorer(height=8, width=8, blocks=6, token=(3, 2), image="chelsea")
explorer

# %% [markdown]
# <details><summary>Answers</summary>1. Shapes, weights, multiply-adds: the block does the same work for
# each token. 2. After three: the bands have closed. 3. Less without: each norm squeezes the road, and with
# it what tells tokens apart. 4. No: only the window that it stands in ever hears.</details>
#
# ## 5. The MLP
#
# Attention lets tokens talk. The second branch lets each one think for itself: up to `4C` numbers, a bend,
# back to `C`. The bend is GELU, `x` times the chance that a standard normal number is below `x`.


# %%
def gelu(x):
    return x * (1 + torch.erf(x / 2**0.5)) / 2


class MyMLP(nn.Module):
    def __init__(self, C, ratio=4):
        super().__init__()
        self.expand, self.contract = nn.Linear(C, ratio * C), nn.Linear(ratio * C, C)

    def forward(self, z):
        return self.contract(gelu(self.expand(z)))  # (..., C) -> (..., 4C) -> (..., C)


x = torch.linspace(-3, 3, 7)
print("gelu:", [round(value, 2) for value in gelu(x).tolist()])
print("equal to F.gelu:", torch.allclose(gelu(x), F.gelu(x), atol=1e-6))

# %% [markdown]
# **Predict.** We change token (3, 2) once more. How many tokens does the MLP change, how many the attention?
# And what would the two linear layers be without GELU between them?

# %%
mlp = MyMLP(48)
for name, branch in {"MLP": mlp, "attention": block.attend}.items():
    different = (branch(changed) - branch(tokens)).abs().amax(dim=-1) > 1e-6
    print(f"{name}: {different.sum()} of 64 tokens change")

order = torch.randperm(64)
flat = rearrange(tokens, "b h w c -> b (h w) c")
same = torch.allclose(mlp(flat[:, order]), mlp(flat)[:, order], atol=1e-5)
print("shuffle, then MLP = MLP, then shuffle:", same)

matrix = mlp.contract.weight @ mlp.expand.weight  # (C, 4C) @ (4C, C)
bias = mlp.contract.weight @ mlp.expand.bias + mlp.contract.bias
straight = mlp.contract(mlp.expand(tokens))
same = torch.allclose(straight, F.linear(tokens, matrix, bias), atol=1e-5)
print("without GELU, one matrix does it:", same)

# %% [markdown]
# One token in, one token out. So only attention ever moves something from place to place; window, shift and
# mask need no second look for the MLP.
#
# ## 6. Count it by hand
#
# **Predict.** Which branch has more parameters, attention or MLP? Then the leading term: how many times `C*C`
# has the whole block? (Queries, keys, values, projection; up, down.)

# %%
C, h, M = 96, 3, 7  # the first block of Swin-T
attention = (3 * C * C + 3 * C) + (C * C + C)  # qkv, projection
table = (2 * M - 1) ** 2 * h  # one bias for each offset and head
mlp_parameters = (4 * C * C + 4 * C) + (4 * C * C + C)  # up, down
norms = 2 * (2 * C)  # a scale and a shift for each channel, twice
total = attention + table + mlp_parameters + norms
print(f"attention {attention:,} + table {table} + MLP {mlp_parameters:,} + norms {norms} = {total:,}")
print("12 C^2 + 13 C + table:", f"{12 * C * C + 13 * C + table:,}")
print("equal to count_parameters:", total == count_parameters(SwinBlock(C, h, M)))

# %% [markdown]
# Two thirds of the block are MLP. The position bias is 507 numbers, less than half a percent. And neither
# image size nor shift appear: a shifted block has not one parameter more.
#
# ## 7. Drop path: leave out a branch
#
# Deep stacks train better when, in training, some samples skip some branches (stochastic depth, [Huang et al.
# 2016](https://arxiv.org/abs/1603.09382)). With rate `p`, a coin for **each sample** decides: the branch is
# dropped, or kept and divided by `1 - p`. The road stays, so a skipped branch only means "nothing added".
#
# **Predict.** A branch of ones, `p = 0.2`. A fifth becomes 0. What becomes of the rest? What are mean and
# variance?


# %%
def drop_path(branch, p, training=True):
    """(B, ...) -> (B, ...): drop the branch of some samples."""
    if not training or p == 0:
        return branch
    keep = (torch.rand(branch.shape[0], *[1] * (branch.ndim - 1)) >= p).to(branch.dtype)
    return branch * keep / (1 - p)


torch.manual_seed(0)
dropped = drop_path(torch.ones(100_000, 2, 3, 4), p=0.2)
print("values:", sorted(set(dropped.unique().tolist())))
print(f"mean {dropped.mean():.2f}, variance {dropped.var():.2f}; p / (1 - p) = {0.2 / 0.8:.2f}")
print("one decision a sample:", bool((dropped.amax(dim=(1, 2, 3)) == dropped.amin(dim=(1, 2, 3))).all()))
print("in evaluation, nothing happens:", bool((drop_path(torch.ones(9, 2), 0.2, training=False) == 1).all()))

# %% [markdown]
# Mean 1, so the next layer meets the same average in training and in evaluation. Without the division it
# would be 0.8. The rate grows with depth, linearly from 0 in the first block to 0.2 in the last: early
# blocks carry everything that follows.

# %%
rates = [block.drop_path.rate for stage in swin_edu.swin_tiny().stages for block in stage.blocks]
print("Swin-T:", [round(rate, 3) for rate in rates])
print(f"branches left out on average: {2 * sum(rates):.1f} of {2 * len(rates)}")

# %% [markdown]
# **Question.** The library transformers applies drop path on the attention branch only (found by reading
# and running it; chapter 12 will show it). What follows?
#
# <details><summary>A. Wrong results at inference.</summary>No. In evaluation drop path does nothing, so the
# logits are right. That is why it can stay unnoticed for years.</details>
# <details><summary>B. Training is regularised less than the recipe says.</summary>Right. Half of the
# branches, and those with two thirds of the parameters, are never dropped.</details>
# <details><summary>C. The mean of the MLP branch is too small.</summary>No. It is neither dropped nor
# divided, so its mean is what it should be.</details>
#
# ## 8. Your block
#
# Now put it together. First the way into the windows and back, from chapters 02 and 03: pad, roll, partition,
# attend, and all of it back, in reverse order.


# %%
def attend(tokens, attention, M, s):
    """(B, H, W, C) -> (B, H, W, C): windowed attention, any H and W."""
    H, W = tokens.shape[1:3]
    (mh, mw), (sh, sw) = swin_edu.effective_window(H, W, M, s)  # an axis within one window never shifts
    Hp, Wp = swin_edu.padded_size(H, W, M)
    padded = F.pad(tokens, (0, 0, 0, Wp - W, 0, Hp - H))
    windows = swin_edu.window_partition(padded.roll((-sh, -sw), dims=(1, 2)), (mh, mw))
    mask = swin_edu.shift_mask(H, W, M, s)  # the mask of one image serves all images of the batch
    mixed = attention.forward_plain(rearrange(windows, "w mh mw c -> w (mh mw) c"), (mh, mw), mask)
    windows = rearrange(mixed, "w (mh mw) c -> w mh mw c", mh=mh)
    return swin_edu.window_reverse(windows, (mh, mw), Hp, Wp).roll((sh, sw), dims=(1, 2))[:, :H, :W]


# %%
class MyBlock(nn.Module):
    def __init__(self, C, h, M, s, p=0.0):
        super().__init__()
        self.M, self.s, self.p = M, s, p
        self.norm1, self.attention = nn.LayerNorm(C), WindowAttention(C, h, M)
        self.norm2, self.mlp = nn.LayerNorm(C), MyMLP(C)

    def forward(self, z):
        z = z + drop_path(attend(self.norm1(z), self.attention, self.M, self.s), self.p, self.training)
        return z + drop_path(self.mlp(self.norm2(z)), self.p, self.training)


# %% [markdown]
# The proof. Your parameters have the library's names, so its weights fit yours. Then both get the same random
# tokens, in float64: sizes that fit, sizes that do not, and grids smaller than a window.

# %%
for s in (0, 2):
    theirs = SwinBlock(channels=24, num_heads=3, window_size=4, shift=s).double()
    mine = MyBlock(24, 3, 4, s).double()
    print(f"shift {s}:", mine.load_state_dict(theirs.state_dict()))
    for H, W in ((8, 12), (9, 14), (3, 10), (2, 3)):
        random = torch.randn(2, H, W, 24, dtype=torch.float64)
        error = (mine(random) - theirs(random)).abs().max().item()
        print(f"  {H} x {W} tokens: equal to 12 digits: {error < 1e-12}")

# %% [markdown]
# ## 9. Two in a row
#
# **Question.** A friend builds a stage with `shift=M // 2` in every block: "shifted is better than plain."
# What happens?
#
# <details><summary>A. Word spreads twice as fast.</summary>No. Two equal partitions have equal walls, and
# nothing crosses a wall.</details>
# <details><summary>B. Nothing crosses the walls, as with plain blocks only.</summary>Right. The walls stand
# elsewhere, but they stand still. Only the change from one block to the next opens them.</details>
# <details><summary>C. PyTorch raises an error.</summary>No. All shapes fit, so nothing warns you.</details>
#
# So a stage counts its blocks in pairs, plain then shifted, and all depths of the paper are even (Swin-T:
# 2, 2, 6, 2).
#
# **Predict.** In a grid of 32 x 32 tokens with M = 4, how many tokens does one token see after 2 blocks,
# after 4, after 8? And your friend's? Then watch it grow. (Switch *look back* on in the explorer: it then
# counts whom the token sees, as the cell does. Your friend's stage is in the printed lines only.)


# %%
def seen_after(k, shifts, size=32, M=4, row=14, column=17):
    """How many tokens can change this one after k blocks: look back, block by block."""
    seen = torch.zeros(size, size, dtype=torch.bool)
    seen[row, column] = True
    for number in reversed(range(k)):
        window = (torch.arange(size) - shifts[number % 2]) // M
        touched_rows = torch.isin(window, window[seen.any(dim=1)])
        seen = touched_rows[:, None] & torch.isin(window, window[seen.any(dim=0)])
    return int(seen.sum())


for name, shifts in {"plain, shifted": (0, 2), "only plain": (0, 0), "only shifted": (2, 2)}.items():
    print(f"{name:14}:", {k: seen_after(k, shifts) for k in (1, 2, 4, 8)})
ReachExplorer(height=32, width=32, window_size=4, blocks=4, token=(14, 17), image="chelsea")

# %% [markdown]
# ## Your turn
#
# Three tasks. Write the function's body in place of `...` and run its cell. A task that you leave unwritten
# breaks nothing; a wrong answer is compared with mistakes that others have made.
#
# **A. Parameters of any block** (easy, 5 minutes). Windows of `Mh x Mw`, any MLP ratio, with or without a
# bias for queries, keys and values.
#
# <details><summary>Hint</summary>Section 6 is the case Mh = Mw, ratio 4, with bias. Which terms does each
# new argument touch?</details>


# %%
def block_parameters(channels, num_heads, window, mlp_ratio, qkv_bias):
    """The number of parameters, an int; window is (Mh, Mw)."""
    ...


exercises.block_parameters.check(block_parameters)

# %% [markdown]
# **B. The block in training** (medium, 10 minutes). Equation (3) with drop path on both branches. The coins
# are thrown for you: `draws` is `(2, B)`, numbers in [0, 1). Row 0 is for the attention branch, row 1 for the
# MLP. A sample keeps its branch where its number is at least `rate`.
#
# <details><summary>Hint</summary>Give one row of coins as many axes as the tokens have, then multiply.
# The road is never dropped.</details>


# %%
def block_in_training(tokens, norm1, attend, norm2, mlp, rate, draws):
    """(B, H, W, C) -> (B, H, W, C); norm1, attend, norm2 and mlp are functions of tokens."""
    ...


exercises.block_in_training.check(block_in_training)

# %% [markdown]
# **C. What one token sees** (hard, 20 minutes). A stack of any blocks: each has its own window `(Mh, Mw)`
# and shift `(sh, sw)`, on any grid. (A shift of s puts the first wall after s rows, as in chapter 03.)
# Which tokens of the input can change the output at `(row, column)`? An axis no longer than the window is
# one window and is not shifted.
#
# <details><summary>Hint</summary>You ask about the output, so begin with the block that comes last.</details>


# %%
def seen_through_blocks(height, width, blocks, row, column):
    """(height, width) bool; blocks is a list of (window, shift), the first block first."""
    ...


exercises.seen_through_blocks.check(seen_through_blocks)

# %% [markdown]
# ## What you now know
#
# - A block is a road with two branches: attention, where tokens talk, and an MLP, where each thinks alone.
# - Without the plus, all tokens become one, and the gradient shrinks. The norm belongs at the branch's
#   entrance.
# - `12 C^2 + 13 C` parameters and a small table; two thirds are MLP; the shift is free.
# - Drop path: one coin a sample, both branches, divided by the keep rate, only in training.
# - Blocks come in pairs, plain then shifted.
#
# ## What comes next
#
# After k blocks a token sees a square of about k*M tokens a side. For a whole image that takes many blocks,
# or fewer and larger tokens. Chapter 06 makes them: patch merging. Back to [the map](00_start_here.ipynb).
