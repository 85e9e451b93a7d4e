# %% [markdown]
# # 4. Relative position bias
#
# **Cut a face into sixteen pieces and shuffle them. Would attention notice?** In this lesson you find out,
# and you give it a sense of place for the price of a small table.
#
# - **Time:** 40 minutes, and 40 minutes for the tasks at the end.
# - **You need:** PyTorch tensors, `softmax`, and what a window is; chapter 03 for sections 1 and 7.
# - **You build:** the index of offsets, the table of biases, and window attention with both.
#
# `M` is the window side, `N = M*M` the tokens in a window, `h` the heads, `C` the channels, `d = C/h`. Row
# comes before column. A *query* is the token that asks, a *key* one that is asked.
#
# *To predict honestly, choose Edit > Clear Outputs of All Cells first.*

# %%
import torch
import torch.nn.functional as F
from einops import rearrange
from torch import nn

import swin_edu
from swin_edu import PatchEmbedding, RelativePositionBias, WindowAttention, exercises
from swin_edu.visuals import BiasExplorer, photograph, position_figures

torch.set_grad_enabled(False)
torch.set_num_threads(1)  # for matrices as small as these, one thread is fastest
torch.manual_seed(0)
print("ready")

# %% [markdown]
# ## 1. Does attention notice the order?
#
# One window of 4 x 4 tokens. Attention as in chapter 03, without learned weights: each token is its own
# query, key and value.
#
# **Predict.** We shuffle the sixteen tokens and attend again. How many of the sixteen outputs did not exist
# before? (In the picture, the framed token asks; bright pieces get much attention.)

# %%
cat = photograph("chelsea")[2:298, 97:393]
photo = rearrange(torch.tensor(cat), "h w c -> c h w") / 255
tokens = PatchEmbedding(patch_size=74, in_channels=3, embed_dim=48)(photo[None])
window = rearrange(tokens, "1 mh mw c -> (mh mw) c")
print("photo", tuple(photo.shape), "-> window", tuple(window.shape))


def attend(window):
    """(N, C) -> attention (N, N) and output (N, C)."""
    attention = (window @ window.T / window.shape[-1] ** 0.5).softmax(dim=-1)
    return attention, attention @ window


# %%
order = torch.randperm(16, generator=torch.Generator().manual_seed(3))
attention, output = attend(window)
attention_after, output_after = attend(window[order])
print("the same outputs, shuffled:", torch.allclose(output_after, output[order], atol=1e-5))

pieces = rearrange(photo, "c (mh p) (mw q) -> (mh mw) c p q", mh=4, mw=4)[order]
shuffled = rearrange(pieces, "(mh mw) c p q -> c (mh p) (mw q)", mh=4)
eye = 6  # the token we follow: row 1, column 2
now = order.tolist().index(eye)
before = (photo, attention[eye].view(4, 4), divmod(eye, 4))
after = (shuffled, attention_after[now].view(4, 4), divmod(now, 4))
position_figures.attention_on({"before": before, "after the shuffle": after})

# %% [markdown]
# None is new. The token looks at the same pieces as before, wherever they lie now. For attention, a window
# is a *bag* of tokens.
#
# **Question.** Real window attention has learned weights and several heads. Would it notice?
#
# <details><summary>A. Yes: its queries and keys are different projections.</summary>No. Every token goes
# through the same projections, wherever it stands.</details>
# <details><summary>B. No, unless something adds the places.</summary>Right. The next cell shows it: without
# the bias it is just as blind.</details>
# <details><summary>C. Yes: different heads watch different places.</summary>No. A head splits the channels,
# and channels carry no place either.</details>

# %%
for has_bias in (False, True):
    real = WindowAttention(channels=48, num_heads=3, window_size=4, relative_position_bias=has_bias)
    if has_bias:
        nn.init.normal_(real.position.table)  # as if it had learned something
    same = torch.allclose(real(window[None, order]), real(window[None])[:, order], atol=1e-4)
    print(f"position bias {has_bias!s:5} -> the same outputs, shuffled: {same}")

# %% [markdown]
# ## 2. Offsets
#
# What should a token know about another one? Not *"you are number 6"*, but *"you are one to the left of
# me"*. That is an **offset**, taken as the paper's code does:
#
# > (dr, dc) = place of the **query** minus place of the **key**.
#
# **Predict.** The key is one to the left of the query. Is `dc` +1 or -1?


# %%
def offsets(M):
    """dr and dc of every pair of tokens, both (N, N): row = query, column = key."""
    row, column = torch.arange(M).repeat_interleave(M), torch.arange(M).repeat(M)
    return row[:, None] - row[None, :], column[:, None] - column[None, :]


dr, dc = offsets(2)
print("2 x 2 window, tokens 0 1 / 2 3\ndr\n", dr.numpy(), "\ndc\n", dc.numpy())
print("query 1 (top right), key 0 (to its left): dc =", dc[1, 0].item())

# %% [markdown]
# Plus one. Keep this line in mind until section 6.
#
# **Predict.** A window of 7 x 7 has 49 tokens and 49 * 49 = 2401 pairs. How many *different* offsets?

# %%
dr, dc = offsets(7)
pairs = rearrange([dr, dc], "two q k -> (q k) two")
different, count = pairs.unique(dim=0, return_counts=True)
print(f"{len(pairs)} pairs, dr from {dr.min()} to {dr.max()}: {len(dr.unique())} values")
print(f"{len(different)} different offsets")
for offset in ([0, 0], [0, 1], [3, -2], [6, 6]):
    print(offset, "has", count[(different == torch.tensor(offset)).all(dim=1)].item(), "of them")

# %% [markdown]
# Along each axis the offsets run from -(M-1) to M-1: that makes **2M - 1** values, and (2M-1)² = 169
# offsets. One learned number for each serves all 2401 pairs. Pairs with the same offset share it, wherever
# they lie.
#
# ## 3. Two digits make one index
#
# The numbers stand in a table with (2M-1)² rows and one column for each head. Which row belongs to (dr,
# dc)? Read the offset as a number with two digits:
#
# - Digits start at 0, and dr starts at -(M-1). So **add M - 1** to both.
# - With ten digits we multiply the first by 10. Here each has 2M - 1 values, so **multiply by 2M - 1**.
#
# **Predict.** For the 2 x 2 window, what stands on the diagonal? Where is the 0?

# %%
dr, dc = offsets(2)
print("first digit, dr + 1\n", (dr + 1).numpy())
print("second digit, dc + 1\n", (dc + 1).numpy())
print("index = first * 3 + second\n", ((dr + 1) * 3 + (dc + 1)).numpy())

# %% [markdown]
# The diagonal is the offset (0, 0), the middle of the table. The 0 belongs to (-1, -1): query at the top
# left, key at the bottom right. Now for any M:


# %%
def build_index(M):
    """(N, N) int64: the table's row for every pair."""
    dr, dc = offsets(M)
    return (dr + M - 1) * (2 * M - 1) + (dc + M - 1)


index = build_index(7)
print(f"M = 7: index {tuple(index.shape)} from {index.min()} to {index.max()}")
same = [torch.equal(build_index(M), swin_edu.relative_position_index(M)) for M in range(1, 13)]
print(f"equal to swin_edu.relative_position_index for {sum(same)} of 12 windows")

# %% [markdown]
# ## Play
#
# Drag query and key in panel 1; point at pairs and at the table's entries. The formula shows its numbers.
# Find out:
#
# 1. Which entries does a query in the top left corner use? And one at the bottom right?
# 2. Which entry is used by one pair only?
# 3. Make the window 3 x 5. Which factor does the formula use now, that of the rows or that of the columns?

# %%
explorer = BiasExplorer(window_size=4, query=(1, 2), key=(1, 1))
explorer

# %% [markdown]
# <details><summary>Answers</summary>1. The upper left 4 x 4 of the table, and the lower right. 2. Each
# corner of the table, such as 0. 3. That of the columns: 2*5 - 1 = 9.</details>
#
# ## 4. Slips, and how many offsets they mix up
#
# Five slips that people make. Each gives whole numbers of the right shape. (*lost* is 49 minus the
# different numbers, *moved* counts offsets with another number than the library's.)
#
# **Predict.** Which of them make different offsets share one number? (That cannot be learned away.)


# %%
def slips(dr, dc, M):
    return {
        "right": (dr + M - 1) * (2 * M - 1) + dc + M - 1,
        "no multiplication": dr + M - 1 + dc + M - 1,
        "times M": (dr + M - 1) * M + dc + M - 1,
        "times 2M": (dr + M - 1) * 2 * M + dc + M - 1,
        "key - query": (M - 1 - dr) * (2 * M - 1) + M - 1 - dc,
        "nothing added": dr * (2 * M - 1) + dc,
    }


steps = torch.arange(-3, 4)
print(f"{'M = 4: 49 offsets':20}{'lost':>6}{'past the end':>14}{'below 0':>9}{'moved':>7}")
for name, index in slips(steps[:, None], steps[None, :], 4).items():
    lost, moved = 49 - len(index.unique()), (index != torch.arange(49).view(7, 7)).sum()
    print(f"{name:20}{lost:6}{(index > 48).sum():14}{(index < 0).sum():9}{moved:7}")

# %% [markdown]
# - **No multiplication** and **times M** lose offsets: different ones share a number.
# - **Times 2M** loses none, but points past the end of the table: an `IndexError`.
# - **Key - query** is the transposed index. With **nothing added**, negative numbers count from the table's
#   end, silently. Both only use the table in another order. Does that matter? Section 6 will show it.
#
# **Question.** A window of Mh rows and Mw columns: by how much must the *row's* digit be multiplied?
#
# <details><summary>A. 2*Mh - 1, because it is the row's digit.</summary>No. It must step over all values of
# the digit *behind* it, as the tens step over ten ones.</details>
# <details><summary>B. 2*Mw - 1.</summary>Right. The column's digit has so many values. A square window
# hides this mistake; task A does not.</details>
# <details><summary>C. It does not matter, as long as all use the same.</summary>No. Too small, and offsets
# share a number; too large, and the index leaves the table.</details>
#
# ## 5. Attention with bias
#
# Equation (4) of the paper: **SoftMax(QKᵀ/√d + B) V**. The bias B is added to the scores, *before* the
# softmax. Every head has a table of its own.
#
# The second cell is the proof: your two pieces get the library's weights and tokens, in float64, so that
# rounding hides nothing. `forward` is the library's fast form, `forward_plain` its step-by-step one.


# %%
class PositionBias(nn.Module):
    def __init__(self, M, num_heads):
        super().__init__()
        self.table = nn.Parameter(torch.randn((2 * M - 1) ** 2, num_heads))
        self.index = build_index(M)

    def forward(self):
        """(h, N, N): [head, query, key]."""
        return rearrange(self.table[self.index], "q k h -> h q k")


def attend_with_bias(query, key, value, bias):
    """(h, N, d) three times and (h, N, N) -> (h, N, d)."""
    scores = query @ key.mT / query.shape[-1] ** 0.5
    return (scores + bias).softmax(dim=-1) @ value


# %%
library = WindowAttention(channels=12, num_heads=3, window_size=4).double()
nn.init.normal_(library.position.table)
mine = PositionBias(4, num_heads=3).double()
mine.table.copy_(library.position.table)
bias = mine()
print("table", tuple(mine.table.shape), "-> bias", tuple(bias.shape))
print("equal to RelativePositionBias:", torch.equal(bias, library.position()))

x = torch.randn(5, 16, 12, dtype=torch.float64)  # five windows
query, key, value = rearrange(library.qkv(x), "w n (three h d) -> three w h n d", three=3, h=3)
merge = "w h n d -> w n (h d)"
output = library.projection(rearrange(attend_with_bias(query, key, value, bias), merge))
for name, theirs in {"forward": library(x), "forward_plain": library.forward_plain(x)}.items():
    print(f"equal to {name} to 12 digits:", (output - theirs).abs().max().item() < 1e-12)

# %% [markdown]
# **Predict.** Two people add B elsewhere: one to the attention *after* the softmax, one to the scores
# *before* they are divided by √d. For whom do the weights of a query still sum to 1? Who gets the right
# output?

# %%
scores = query @ key.mT  # d = 4, so √d = 2
elsewhere = {
    "after the softmax": (scores / 2).softmax(dim=-1) + bias,
    "before the division": ((scores + bias) / 2).softmax(dim=-1),
}
for name, attention in elsewhere.items():
    ones = torch.allclose(attention.sum(dim=-1), torch.ones_like(attention[..., 0]))
    right = torch.allclose(library.projection(rearrange(attention @ value, merge)), output, atol=1e-3)
    print(f"{name:20} the weights sum to 1: {ones!s:6} right: {right}")

# %% [markdown]
# Only the second's weights still sum to 1, and neither output is right. (The second could be trained, but
# here a loaded table would count only half.)
#
# **Question.** Swin-T has 12 blocks. How many tables has it?
#
# <details><summary>A. One, used by all blocks.</summary>No. All blocks would have to look the same way.
# Count below.</details>
# <details><summary>B. Twelve, each with one column for each head.</summary>Right. Only the *windows* of a
# block share: the same table everywhere in the image.</details>
# <details><summary>C. One for each window.</summary>No. The same offset means the same in all of
# them.</details>

# %%
swin = swin_edu.swin_tiny()
tables = {name: tuple(p.shape) for name, p in swin.named_parameters() if name.endswith("position.table")}
shapes = list(tables.values())
print(len(shapes), "tables; in the first block", shapes[0], "and in the last", shapes[-1])
numbers = sum(rows * heads for rows, heads in tables.values())
print(f"{numbers:,} numbers in all; one absolute embedding of 56 x 56 x 96 has {56 * 56 * 96:,}")

# %% [markdown]
# **Question.** "Swin adds no absolute position. So it knows nothing of position." True?
#
# <details><summary>A. Yes, the shift is enough.</summary>No. The shift decides *who* meets. Inside a
# window, all would still be a bag.</details>
# <details><summary>B. No: it knows where tokens are from each other, in every head of every
# block.</summary>Right. Paper, Table 4, Swin-T on ImageNet: no position 80.1 %, absolute 80.5 %, relative
# 81.3 %. Both together: 81.3 % too, but less in detection (50.2 against 50.5 box AP).</details>
# <details><summary>C. No: the patch embedding already adds the place.</summary>No. It has the same weights
# at every place.</details>
#
# ## 6. Watch a table learn
#
# A job that needs nothing but places: tokens are random, and the first eight channels of each output must
# be those of the **left** neighbour, the last eight those of the neighbour **above**. One layer, two heads.
#
# **Predict.** When it can do its job, at which offset is each head's table largest? (Query - key!)


# %%
def error(attention, M, images=32):
    """Mean squared error of the job, on new random tokens; at the edge there is no neighbour, so no job."""
    x = torch.randn(images, M, M, 16)
    y = rearrange(attention(rearrange(x, "b r c k -> b (r c) k")), "b (r c) k -> b r c k", r=M)
    left = F.mse_loss(y[:, :, 1:, :8], x[:, :, :-1, :8])
    return left + F.mse_loss(y[:, 1:, :, 8:], x[:, :-1, :, 8:])


@torch.enable_grad()
def train(attention, M, steps=200):
    optimizer = torch.optim.Adam(attention.parameters(), lr=0.03)
    for _ in range(steps):
        optimizer.zero_grad()
        error(attention, M).backward()
        optimizer.step()
    return attention


# %%
torch.manual_seed(0)
for has_bias in (False, True):
    learned = train(WindowAttention(16, 2, window_size=4, relative_position_bias=has_bias), 4)
    print(f"position bias {has_bias!s:5} -> it can do its job: {error(learned, 4).item() < 0.05}")

largest = [divmod(n, 7) for n in learned.position.table.argmax(dim=0).tolist()]
print("largest at the offsets:", sorted((row - 3, column - 3) for row, column in largest))
BiasExplorer(table=learned.position.table, query=(1, 2), key=(1, 1))

# %% [markdown]
# Left neighbour: (0, **+1**). Neighbour above: (**+1**, 0). Nobody told the heads who does what; they
# shared the jobs out. Without the bias, the layer cannot do them at all.
#
# Look closer. White is 0, and among purple a white entry is looked at much more. Entry 0 stayed white
# because only token 0 uses it, which has no neighbour to find: nothing taught it. (This is a toy, no
# trained Swin; the course ships none yet.)
#
# **Predict.** Now three slips, trained in the same way. Which can do the job? And which, if we load the
# weights that you have just learned?


# %%
def with_slip(name, weights=None):
    attention = WindowAttention(16, 2, window_size=4)
    attention.load_state_dict(weights or attention.state_dict())
    if name == "one table for both heads":
        attention.position.register_forward_hook(lambda _module, _inputs, bias: bias[:1].expand_as(bias))
    else:
        index = attention.position.index
        attention.position.index = index.T.contiguous() if name == "key - query" else index - 24
    return attention


print(f"{'does it do its job?':26}{'trained':>9}{'loaded':>9}")
for name in ("one table for both heads", "key - query", "nothing added"):
    ways = train(with_slip(name), 4), with_slip(name, learned.state_dict())
    trained, loaded = (str(error(attention, 4, images=256).item() < 0.05) for attention in ways)
    print(f"{name:26}{trained:>9}{loaded:>9}")

# %% [markdown]
# One table cannot look left and up at once. The other two learn well, and read foreign weights wrongly. A
# falling loss proves nothing about your index: compare numbers.
#
# ## 7. Could the bias replace the mask?
#
# After the roll of chapter 03, strangers sit in one window. "Drop the mask, the bias will keep them apart."
# Take 8 x 8 tokens, M = 4, s = 2.
#
# **Predict.** How many of the 49 offsets are allowed in window 0 *and* forbidden for some pair in window 3?

# %%
index, mask = swin_edu.relative_position_index(4), swin_edu.shift_mask(8, 8, 4, 2)
allowed = set(index[mask[0]].tolist())
forbidden = set(index[~mask[3]].tolist())
print(f"{len(allowed)} offsets allowed in window 0, {len(forbidden)} forbidden in window 3")
print(f"both: {len(allowed & forbidden)} of 49")
print(f"query 5 may attend to key 10: window 0 {mask[0, 5, 10]}, window 3 {mask[3, 5, 10]}")

# %% [markdown]
# All but (0, 0): no token is a stranger to itself. One number would have to say "look" in one window and
# "never" in the other. The bias knows the offset, the mask the window. You need both.
#
# ## 8. Another window size
#
# A table learned with M = 4 has 49 rows; M = 6 needs 121. Each column is a *picture* of offsets, 7 x 7
# pixels, with (0, 0) in the middle. So enlarge the picture to 11 x 11, bicubically, as the paper does
# before fine-tuning with another window.
#
# **Predict.** Somebody stretches the 49 rows as one long list instead. What becomes of the largest entry
# (orange), row 31 of 49?


# %%
def resize(table, old, new):
    """((2*old - 1)^2, h) -> ((2*new - 1)^2, h)."""
    picture = rearrange(table, "(r c) h -> 1 h r c", r=2 * old - 1)
    picture = F.interpolate(picture, size=(2 * new - 1, 2 * new - 1), mode="bicubic")
    return rearrange(picture, "1 h r c -> (r c) h")


table = learned.position.table
resized = resize(table, 4, 6)
print("table", tuple(table.shape), "->", tuple(resized.shape))
same = torch.allclose(resized, swin_edu.resize_bias_table(table, 4, 6))
print("equal to swin_edu.resize_bias_table:", same)
as_list = F.interpolate(table.T[None], size=121, mode="linear")[0].T
shown = {"M = 4": table, "M = 6, as a picture": resized, "M = 6, as a list": as_list}
head = table.argmax(dim=0).tolist().index(31)  # the one that looks up
position_figures.tables({name: t[:, head].view(round(len(t) ** 0.5), -1) for name, t in shown.items()})

# %% [markdown]
# As a picture, the spot moves from +1 to 11/7 = 1.57, between two cells: both are orange, (+2, 0) a little
# more. As a list, it slides to the left edge, (+2, -5): now the head looks across the whole window.
#
# **Predict.** Who does the job best at M = 6: a table of zeros, the stretched one, or each of them after a
# short fine-tuning? Order the four.
#
# And a map **smaller** than the window, 2 x 3 tokens with M = 4? The window shrinks to 2 x 3, and no new
# table is needed: take the bias of the upper left 2 x 3 tokens. Would those at the lower right give another
# one?

# %%
results = {}
for name, start in {"zeros": torch.zeros(121, 2), "stretched": resized}.items():
    larger = WindowAttention(16, 2, window_size=6)
    larger.load_state_dict({**learned.state_dict(), "position.table": start})
    results[name] = error(larger, 6, images=256).item()
    results[f"{name}, 80 steps later"] = error(train(larger, 6, steps=80), 6, images=256).item()
for name in sorted(results, key=results.get):
    print(f"{name:27} error below 0.1: {results[name] < 0.1}")

position = RelativePositionBias(window_size=4, num_heads=2)
nn.init.normal_(position.table)
places = torch.arange(16).view(4, 4)
for name, corner in {"upper left": places[:2, :3], "lower right": places[2:, 1:]}.items():
    bias = position()[:, corner.flatten()][:, :, corner.flatten()]
    print(name, tuple(bias.shape), "equal to position((2, 3)):", torch.equal(bias, position((2, 3))))

# %% [markdown]
# Stretched alone is only a little better than zeros here: a spot on one token now lies between two.
# Fine-tune, and it stays ahead. And all corners are the same, because offsets do not change when both
# tokens move together.
#
# ## Your turn
#
# Write the function's body in place of `...` and run its cell. The last line checks your answer; a task
# that you leave unwritten breaks nothing.
#
# **A. Any window** (easy, 5 minutes). The index for `Mh` rows and `Mw` columns, without the library's.
#
# <details><summary>Hint</summary>Each digit gets the side of its own axis. The factor counts the values of
# the digit behind it.</details>


# %%
def index_any(Mh, Mw):
    """(N, N) int64: the table's row for every pair, row = query, column = key."""
    ...


exercises.index_any.check(index_any)

# %% [markdown]
# **B. Another window** (medium, 10 minutes). Resize a table from window `old` to `new`, both `(Mh, Mw)`,
# bicubically.
#
# <details><summary>Hint</summary>interpolate wants (batch, channels, height, width). A head can be a
# channel.</details>


# %%
def resize_table(table, old, new):
    """((2*Mh - 1)*(2*Mw - 1), h) for `old` -> the same for `new`."""
    ...


exercises.resize_table.check(resize_table)

# %% [markdown]
# **C. Back to a table** (hard, 25 minutes). Somebody fine-tuned every entry of a bias `(h, N, N)` on its
# own, so pairs of one offset no longer agree. Which table comes nearest, by least squares? The window has
# any number of axes: `(5,)` for sound, `(3, 4)` for pictures, `(2, 3, 4)` for video, the first axis the
# first digit.
#
# <details><summary>Hint</summary>First the index: each axis is one digit more. Then, for each row of the
# table: which number is nearest to several numbers?</details>


# %%
def table_from_bias(bias, window):
    """(h, N, N) -> (product of all 2*m - 1, h)."""
    ...


exercises.table_from_bias.check(table_from_bias)

# %% [markdown]
# ## What you now know
#
# - Attention without a bias sees a bag of tokens. (dr, dc) = query - key tells it where.
# - 2M - 1 values along each axis; index = (dr + Mh - 1)(2*Mw - 1) + (dc + Mw - 1).
# - One table for each block, one column for each head, added to the scores before the softmax.
# - Some slips train well all the same. Only a comparison of numbers finds them.
# - The bias does not replace the mask. A new window needs a resized table and fine-tuning.
#
# ## What comes next
#
# All parts of a block are there: windows, shift, mask, bias. Chapter 05 puts them together. Back to [the
# map](00_start_here.ipynb).
