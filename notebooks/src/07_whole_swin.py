# %% [markdown]
# # 7. The whole Swin
#
# **Six lessons, six pieces. Do they make a network?** You put them together, prove that nothing is missing,
# count what it costs, and load weights that other libraries wrote.
#
# - **Time:** 40 minutes, and an hour for the tasks at the end.
# - **You need:** what the pieces do: patch embedding (01), the Swin block (02 to 05), patch merging (06).
# - **You build:** Swin-T, every stage of it, and a table of what it costs.
#
# `B` images in a batch, `H x W` tokens, `C` channels, `M` the window side, `p` the patch side. Tokens are
# `(B, H, W, C)`, feature maps `(B, C, H, W)`.
#
# *To predict honestly, choose Edit > Clear Outputs of All Cells first.*

# %%
import tempfile
from math import log
from pathlib import Path

import torch
from torch import nn
from torch.nn.functional import cross_entropy

import swin_edu
from swin_edu import PatchEmbedding, PatchMerging, SwinBlock, SwinConfig, count_parameters, multiply_adds
from swin_edu.visuals import ModelExplorer, photograph, whole_swin_figures

torch.set_grad_enabled(False)
torch.manual_seed(0)
print(swin_edu.swin_tiny().config)

# %% [markdown]
# That is all a Swin-T is: thirteen settings. There is no image size among them.
#
# ## 1. Put it together
#
# The paper draws four stages (Figure 3a). A stage is: merging (not in the first), then blocks, plain and
# shifted in turn.
#
# **Predict.** Write down the order of these six, from pixels to logits: head, stages, patch embedding, mean
# over all tokens, LayerNorm, softmax. One of them does not belong. (For mean and LayerNorm two orders look
# possible; section 3 decides.) Then read the two cells.


# %%
class MyStage(nn.Module):
    """(B, H, W, C) -> (B, H/2, W/2, 2C); the first stage keeps its shape."""

    def __init__(self, config, stage):
        super().__init__()
        C = config.embed_dim * 2**stage
        self.merging = PatchMerging(C // 2) if stage else nn.Identity()
        shifts = [config.shift if block % 2 else 0 for block in range(config.depths[stage])]
        heads = config.num_heads[stage]
        self.blocks = nn.Sequential(*[SwinBlock(C, heads, config.window_size, shift) for shift in shifts])

    def forward(self, tokens):
        return self.blocks(self.merging(tokens))


# %%
class MySwin(nn.Module):
    def __init__(self, config):
        super().__init__()
        stages = range(len(config.depths))
        C = config.embed_dim * 2 ** stages[-1]
        self.patch_embedding = PatchEmbedding(config.patch_size, config.in_channels, config.embed_dim)
        self.stages = nn.Sequential(*[MyStage(config, stage) for stage in stages])
        self.norm = nn.LayerNorm(C)
        self.head = nn.Linear(C, config.num_classes)

    def forward(self, images):
        tokens = self.stages(self.patch_embedding(images))  # (B, H/32, W/32, 8C)
        return self.head(self.norm(tokens).mean(dim=(1, 2)))


# %% [markdown]
# Patch embedding, stages, LayerNorm, mean, head. Softmax does not belong: a network gives logits,
# and the loss takes them so.
#
# Now the proof: our network gets the library's weights, and then both get the same images.
#
# **Predict.** The second network below forgets the shift in every block. Will `load_state_dict` complain?

# %%
model = swin_edu.swin_tiny().eval()
mine, forgetful = MySwin(SwinConfig()).eval(), MySwin(SwinConfig(shift_windows=False)).eval()
images = torch.randn(2, 3, 160, 224)
expected = model(images)
for name, network in {"mine": mine, "shift forgotten": forgetful}.items():
    print(f"{name}: {network.load_state_dict(model.state_dict())}")
    same = torch.allclose(network(images), expected, atol=1e-5)
    print(f"    {count_parameters(network):,} parameters, logits equal: {same}")

# %% [markdown]
# It does not complain. A shift has no weights, so names and shapes cannot show that it is missing. The same
# goes for the neighbour order of merging. **Equal names prove nothing; equal logits do.**
#
# ## 2. Any size, in any order
#
# **Predict.** The image has 97 x 131 pixels, the patches 4 x 4. Which grid has stage 1? And stage 4?


# %%
def grids(model, height, width):
    maps = model.features(torch.zeros(1, 3, height, width))
    return [f"{m.shape[2]} x {m.shape[3]}" for m in maps]


for size in ((224, 224), (256, 256), (320, 200), (97, 131)):
    print(f"{size[0]} x {size[1]} pixels: ".ljust(20), ",  ".join(grids(model, *size)))
print("channels:".ljust(20), ",  ".join(f"{m.shape[1]}" for m in model.features(images)))

# %% [markdown]
# Each step divides and rounds **up**, because odd sides get a row or column of zeros: 97 -> 25 -> 13 -> 7
# -> 4.
#
# **Question.** Swin-T was trained with 224 x 224 pixels. You hand it 97 x 131. What happens?
#
# <details><summary>A. An error: it takes 224 x 224 only.</summary>No. No weight has a size that depends on
# the image. (The authors' code does refuse some sizes: at 112 px stage 3 has an odd 7 x 7, and it <a
# href="https://github.com/microsoft/Swin-Transformer/issues/202">stops there</a>.)</details>
# <details><summary>B. It answers, but later answers at 224 are changed.</summary>No, and the next cell shows
# it. But you are right to ask: one well-known library does exactly that. See section 6.</details>
# <details><summary>C. It answers, and later answers at 224 stay the same.</summary>Right. Window, shift and
# mask are decided anew for each input. Whether the answer is <em>good</em> at another size is a question for
# training (chapter 09).</details>

# %%
sizes = [(224, 224), (97, 131), (320, 200), (64, 448)]
inputs = {size: torch.randn(1, 3, *size) for size in sizes}
first = {size: model(inputs[size]) for size in sizes}
again = {size: model(inputs[size]) for size in (sizes[2], sizes[0], sizes[3], sizes[1])}
print("the same answers in another order:", all(torch.equal(first[size], again[size]) for size in sizes))

# %% [markdown]
# ## 3. What comes out in the middle
#
# `features` gives one map a stage: what a detector or a segmenter builds on. Small things are found on the
# fine maps, large things on the coarse ones (chapter 13).
#
# **Question.** The authors' code keeps each merging at the *end* of a stage, ours at the *start* of the next.
# Somebody collects what leaves each stage of the authors' code. At 224 px, what is wrong?
#
# <details><summary>A. Nothing, it is the same network.</summary>The logits are the same. But what leaves
# stage 1 has been merged already, so it is no map of stage 1 any more.</details>
# <details><summary>B. The maps are one stage too small: 28, 14, 7, 7 tokens a side.</summary>Right. timm had
# <a href="https://github.com/huggingface/pytorch-image-models/issues/1264">this very question</a>, and moved
# the merging.</details>
# <details><summary>C. They have four times the channels.</summary>No. Merging gathers 4C, but then maps
# them to 2C (chapter 06).</details>

# %%
tokens = mine.patch_embedding(torch.randn(2, 3, 224, 224))
for number, stage in enumerate(mine.stages, start=1):
    tokens = stage(tokens)
    merged = mine.stages[number].merging(tokens) if number < 4 else tokens
    stride = 224 // tokens.shape[1]
    print(f"stage {number}: {tuple(tokens.shape)}, one token every {stride} px; merged {tuple(merged.shape)}")
pooled = mine.norm(tokens).mean(dim=(1, 2))
print("norm and mean:", tuple(pooled.shape), " head:", tuple(mine.head(pooled).shape))
other = mine.norm(tokens.mean(dim=(1, 2)))
print("mean first, then norm: the same?", torch.allclose(other, pooled, atol=0.01))

# %% [markdown]
# LayerNorm comes first, then the mean; the other order is another network. Only the last map is normalised,
# and only for the head: `features` gives raw maps.
#
# **Predict.** Now a photograph. The network is *untrained*. Can you still see the cat on the map of stage 1?
# Of stage 4? (Each map has hundreds of channels. The picture shows the three directions in which its tokens
# differ most, as red, green and blue.)

# %%
photo = torch.tensor(photograph("chelsea")[6:294, 1:449]).permute(2, 0, 1) / 255
tokens, maps = model.patch_embedding(photo[None]), {}
for i, stage in enumerate(model.stages, start=1):
    before, tokens = stage.merging(tokens), stage(tokens)
    maps[f"stage {i}, C = {tokens.shape[3]}"] = feature_map = tokens[0].permute(2, 0, 1)
    start, end = (t - t.mean(dim=(1, 2), keepdim=True) for t in (before, tokens))
    alike = torch.cosine_similarity(start, end, dim=-1).mean()
    strangers = torch.cosine_similarity(start, end.flip(2), dim=-1).mean()
    shown = whole_swin_figures.variance_shown(feature_map)
    print(f"stage {i}: cosine with its own start {alike:.1f}, with another's {strangers:.1f}; ", end="")
    print(f"the picture shows {shown:.0%} of what differs")
whole_swin_figures.feature_maps(photo, maps)

# %% [markdown]
# You can, well in three stages, hardly in the last. But nobody taught the network cats. Look at the cosines
# (of what is left when the mean token is taken away): a token still points much the way it came, and not
# the way another one came, because blocks only *add* (chapter 05). So the patches' colours come through.
# What you cannot see is meaning. For that it must learn; chapter 10 looks again.
#
# ## Play
#
# The whole network, to scale. Drag the corner of the image (for exact sizes: the sliders and arrow keys),
# choose a network, click on a stage, point at a bar. (*Memory* is what training keeps of one image until
# the backward pass.) Find out:
#
# 1. From T to S: what changes, and where?
# 2. Twice the height and twice the width: what happens to parameters, work and memory?
# 3. The last stage of Swin-T does not shift at 224 px. Which is the smallest square image where it does?
# 4. Window 14 instead of 7: which part of the *memory* grows, and which does not?

# %%
ModelExplorer()

# %% [markdown]
# <details><summary>Answers</summary>1. Only stage 3: 18 blocks instead of 6. 2. Parameters stay; work and
# memory become four times as much, as the number of tokens. 3. 225: then it has 8 x 8 tokens, more than one
# window. 4. Attention, in stages 1 to 3: its weights are N numbers for each token and head. Stage 4 has
# only 7 x 7 tokens, so there the window stays 7.</details>
#
# ## 4. Where the numbers are, and where the work is done
#
# **Predict.** Swin-T has 2, 2, 6 and 2 blocks. Which stage holds the most parameters? Which one does the most
# work?

# %%
cost = multiply_adds(model.config, 224, 224)
around = count_parameters(model.patch_embedding), count_parameters(model.head)
print(f"patch embedding {around[0]:,} parameters, head {around[1]:,}")
print("stage  blocks   grid     C   parameters   one block   multiply-adds   one block")
for i, (stage, c) in enumerate(zip(model.stages, cost.stages, strict=True)):
    depth, C = model.config.depths[i], model.config.stage_channels[i]
    work = c.projections + c.attention + c.mlp
    print(
        f"{i + 1:5}{depth:8}{c.grid[0]:5} x {c.grid[1]:2}{C:6}"
        f"{count_parameters(stage) / 1e6:11.2f} M{count_parameters(stage.blocks[0]) / 1e6:10.2f} M"
        f"{c.total / 1e9:14.2f} G{work / depth / 1e9:10.2f} G"
    )

# %% [markdown]
# The last stage holds half of all parameters, with two blocks; the third does half of the work, with six.
# Read one block: four times the parameters from stage to stage (`C` doubles, matrices grow with `C*C`), but
# nearly the same work (a quarter of the tokens). One block more in stage 3 costs as much work as one in stage
# 4, and a quarter of the parameters.
#
# The four sizes of the paper (Section 3.3, Table 1) differ in `C` (heads follow: C/32) and in the depth of
# stage 3 only. On the device `meta` a network has shapes but no numbers, so that even Swin-L takes no
# memory. (The paper prints 29M for 28.3.)

# %%
paper = {"tiny": "29M, 4.5G", "small": "50M, 8.7G", "base": "88M, 15.4G", "large": "197M, 103.9G at 384"}
for name, printed in paper.items():
    size, window = (384, 12) if name == "large" else (224, 7)
    with torch.device("meta"):
        network = getattr(swin_edu, f"swin_{name}")(window_size=window)
    giga = multiply_adds(network.config, size, size).total / 1e9
    c = network.config
    print(
        f"{name:6}C = {c.embed_dim:3}, depths {c.depths}: {count_parameters(network):11,} numbers, ", end=""
    )
    print(f"{giga:6.2f} G at {size}  (paper: {printed})")

# %% [markdown]
# **Question.** The paper calls 4.5 G "FLOPs". PyTorch's own counter, below, says 8.98 G. Who is wrong?
#
# <details><summary>A. PyTorch: it counts the attention twice.</summary>No. Everything is exactly
# doubled.</details>
# <details><summary>B. Nobody: the paper counts multiply-adds.</summary>Right. One multiply-add is one
# multiplication and one addition, so two FLOPs (<a
# href="https://github.com/microsoft/Swin-Transformer/issues/340">asked at the authors', too</a>). Always ask
# which is meant.</details>
# <details><summary>C. The paper: it forgot the backward pass.</summary>No. Both count one forward
# pass.</details>

# %%
from torch.utils.flop_counter import FlopCounterMode

seen_by_hooks = []
with torch.device("meta"):
    network, image = swin_edu.swin_tiny().eval(), torch.empty(1, 3, 224, 224)
for layer in network.modules():
    if isinstance(layer, (nn.Linear, nn.Conv2d)):
        inputs_of_one = layer.weight[0].numel()
        layer.register_forward_hook(lambda _, __, out, n=inputs_of_one: seen_by_hooks.append(out.numel() * n))
with FlopCounterMode(display=False) as counter:
    network(image)
print(f"ours {cost.total / 1e9:.2f} G, PyTorch {counter.get_total_flops() / 1e9:.2f} G, ", end="")
print(f"layers with hooks {sum(seen_by_hooks) / 1e9:.2f} G")

# %% [markdown]
# The third number is too small. Counters that look at *layers* miss the two products inside attention, which
# belong to no layer. It can be worse: for torchvision's Swin-T, where all of attention is one function, such
# a counter said [3.13 G](https://github.com/sovrasov/flops-counter.pytorch/issues/142).
#
# ## 5. Before the first step
#
# The authors start every linear layer with small random weights (normal, 0.02) and zero biases.
#
# **Predict.** A network that knows nothing, 1,000 classes: how large is its cross-entropy? And of the
# twelve blocks, which one is dropped most often in training (`drop_path_rate=0.2`)?

# %%
weights = {name: w for name, w in model.named_parameters() if "mlp.expand" in name}
deviation = torch.cat([w.flatten() for name, w in weights.items() if name.endswith("weight")]).std()
zeros = all((w == 0).all() for name, w in weights.items() if name.endswith("bias"))
print(f"MLP weights: standard deviation {deviation:.3f}; all biases zero: {zeros}")
logits = model(photo[None]).expand(1000, -1)  # one photograph, and each class once as the right one
print(f"loss of the new network {cross_entropy(logits, torch.arange(1000)):.1f}, ln(1000) = {log(1000):.1f}")
print("drop path:", [round(block.drop_path.rate, 2) for stage in model.stages for block in stage.blocks])

# %% [markdown]
# If all classes were equally likely, the loss would be `ln(1000)`. A network of yours that starts far from
# it deserves a look before you train it. Drop path grows in equal steps over *all* blocks, from 0 to the
# full rate: what early blocks make is used by all later ones ([Huang et al.
# 2016](https://arxiv.org/abs/1603.09382), Section 3).
#
# ## 6. Weights of others
#
# The same network has been written many times, each time with other names. Here are three of our weights, as
# others call them.

# %%
from swin_edu.model.layouts import LAYOUTS

small = swin_edu.SwinTransformer(embed_dim=24, depths=(2, 2), num_heads=(3, 6), window_size=4, num_classes=5)
for parameter in small.eval().parameters():
    nn.init.normal_(parameter, std=0.2)  # larger than usual, so that a difference would show
for ours in ("stages.1.merging.reduction.weight", "stages.1.blocks.0.attention.qkv.weight", "head.weight"):
    print(ours)
    for library in ("official", "timm", "torchvision", "transformers"):
        print(f"    {library:13}", ", ".join(LAYOUTS[library].theirs(ours)))

# %% [markdown]
# See where each keeps the merging into stage 2 (they count from 0), and who keeps query, key and value apart.
#
# **Predict.** Now a checkpoint that is *only* names and tensors, nothing else. Which of these settings can be
# read off it: depths, heads, window, MLP ratio, drop path rate, whether blocks shift?

# %%
x = torch.randn(2, 3, 50, 64)
for library in ("official", "timm", "torchvision", "transformers"):
    state = swin_edu.export_state_dict(small, library)
    loaded = swin_edu.load_checkpoint(state)
    equal = loaded.config == small.config, torch.equal(loaded(x), small(x))
    print(f"{library:13}{len(state):4} tensors; same settings: {equal[0]}; same logits: {equal[1]}")
other = swin_edu.SwinTransformer(small.config, shift_windows=False)
print("unshifted, loaded as shifted:", swin_edu.load_checkpoint(other.state_dict()).config.shift_windows)
table = small.state_dict()["stages.1.blocks.0.attention.position.table"]
print("a bias table is", tuple(table.shape), "= ((2M - 1)**2, heads)")

# %% [markdown]
# The weights tell nothing of the last two; here they have their usual values, and the last line shows what
# happens if not. (Real official files also keep a mask, `attn_mask`, in each shifted block, which gives the
# shift away. Our export leaves it out.) Depths show in the names, the MLP ratio in shapes. Heads show in
# the bias table and nowhere else.
#
# And the counts: 63 tensors are ours. Official layout and torchvision's add the index of chapter 04 in each
# of four blocks; transformers makes three out of each `qkv`, weight and bias.
#
# We wrote those files ourselves. So take a network that somebody else wrote: Swin of the library
# `transformers`, with random weights.

# %%
from transformers import SwinConfig as TheirConfig
from transformers import SwinForImageClassification

their_config = TheirConfig(
    image_size=64, embed_dim=24, depths=[2, 2], num_heads=[3, 6], window_size=4, num_labels=5
)
theirs = SwinForImageClassification(their_config).eval()
for parameter in theirs.parameters():
    nn.init.normal_(parameter, std=0.5)
ours = swin_edu.load_checkpoint(theirs.state_dict())
second = theirs.swin.encoder.layers[1].blocks[1]  # the shifted block of their last stage
for side in (64, 32, 64):
    x = torch.randn(2, 3, side, side, generator=torch.Generator().manual_seed(0))
    same = torch.allclose(theirs(x).logits, ours(x), atol=1e-4)
    print(f"{side} px: equal logits: {same}; their last block shifts by {second.shift_size}")

# %% [markdown]
# Equal at 64 px, equal at 32 px, and then *not* equal at 64 px, with the same image. Somebody's answer
# changed, and it was not ours. At 32 px stage 2 has 4 x 4 tokens, one window, so it must not shift.
# `transformers` writes this down as the block's new shift, and keeps it. (Chapter 12 has more such exhibits.)
#
# Now files that do not fit. A good error says what was expected, what came, and what to do.


# %%
def try_to_load(what, **overrides):
    try:
        swin_edu.load_checkpoint(what, **overrides)
    except swin_edu.CheckpointError as error:
        print("-", str(error).split(": ", maxsplit=1)[1], "\n")


state = swin_edu.export_state_dict(small, "timm")
try_to_load({name: tensor for name, tensor in state.items() if "layers.1.blocks.0.mlp" not in name})
try_to_load(state, embed_dim=96)
try_to_load({"conv1.weight": torch.zeros(64, 3, 7, 7), "fc.bias": torch.zeros(10)})
with tempfile.TemporaryDirectory() as folder:
    file = Path(folder, "swin.safetensors")
    swin_edu.save_checkpoint(small, file)
    file.write_bytes(file.read_bytes()[:10_000])
    try_to_load(file)

# %% [markdown]
# And what *can* change: the head, for other classes; the window, by stretching the bias tables (chapter 04).
#
# **Predict.** Do the feature maps stay the same with a new head? With a new window?

# %%
x = torch.randn(2, 3, 64, 96)
for change in ({"num_classes": 3}, {"window_size": 6}):
    other = swin_edu.load_checkpoint(state, **change)
    same = torch.equal(other.features(x)[-1], small.features(x)[-1])
    table = other.state_dict()["stages.1.blocks.0.attention.position.table"]
    print(f"{change}: logits {tuple(other(x).shape)}, table {tuple(table.shape)}, same feature maps: {same}")

# %% [markdown]
# The head has no say in the maps before it, so they stay. Another window is another set of neighbours, and so
# another network: it works, and wants some training (chapter 09).
#
# ## Your turn
#
# Three tasks. Write the function's body in place of `...` and run its cell. A task that you leave unwritten
# breaks nothing.
#
# **A. The shape of every stage** (easy, 5 minutes). A list of `(H, W, C)`, one for each stage.
#
# <details><summary>Hint</summary>Every step divides. What does it do with a remainder? And only stages after
# the first begin with a merging.</details>


# %%
from swin_edu import exercises


def stage_shapes(height, width, patch_size, embed_dim, stages):
    """[(H, W, C), ...] for an image of height x width pixels."""
    ...


exercises.stage_shapes.check(stage_shapes)

# %% [markdown]
# **B. Count without building** (medium, 12 minutes). How many parameters has a network of this config? Use
# `embed_dim`, `depths`, `num_heads`, `window` (a pair), `mlp_ratio`, `qkv_bias`, `patch_size`, `in_channels`
# and `num_classes`.
#
# <details><summary>Hint</summary>Write a small function for one linear layer, with or without bias. Begin
# with one block, compare it with <code>count_parameters(model.stages[0].blocks[0])</code>, and only then go
# on.</details>


# %%
def count_swin(config):
    """How many numbers a network of this config learns, an int."""
    ...


exercises.count_swin.check(count_swin)

# %% [markdown]
# **C. Read their weights** (hard, 20 minutes). A state dict of transformers' Swin comes in. Give back ours,
# ready for `SwinTransformer.load_state_dict`. The cell prints names, theirs and ours: what is outside of
# blocks, and one block. Some networks have no bias for query, key and value.
#
# <details><summary>Hint</summary>Start with a dict of the parts that are only named otherwise, and
# <code>re.sub</code> for the numbers. Query, key and value: collect the three, then join them once. Which
# rows of our matrix does <code>export_state_dict</code> give to each?</details>

# %%
for network in (theirs, small):
    names = [name for name in network.state_dict() if not name.endswith("bias")]
    print("\n".join(name for name in names if ".blocks." not in name or ".0.blocks.0." in name), "\n")


def from_transformers(state):
    """Their names -> tensors; returns our names -> tensors."""
    ...


exercises.from_transformers.check(from_transformers)

# %% [markdown]
# ## What you now know
#
# - Swin is patch embedding, stages of merging and blocks, one norm, the mean, one linear layer. A config
#   says it all, and none of them is an image size.
# - Equal names and shapes prove nothing; equal logits do, at odd sizes too, and in any order of sizes.
# - In Swin-T the last stage holds most parameters; the one with most blocks does most work. At 224 px a
#   block works nearly as much in each.
# - One multiply-add is two FLOPs. Ask which one is meant, and what the counter did not see.
# - A checkpoint is names and tensors. What has no weights (shift, neighbour order, drop path) it cannot tell.
#
# ## What comes next
#
# Your network knows nothing yet. In chapter 08 you train it, on small images. Back to
# [the map](00_start_here.ipynb).
