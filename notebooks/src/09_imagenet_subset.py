# %% [markdown]
# # 9. A part of ImageNet
#
# **Somebody trained a Swin on small images. Yours are larger, and you have few. Start again, or go on from
# there?** You take a trained network to a new size, to new classes and to several GPUs, and compute what
# training costs before you pay for it.
#
# - **Time:** 40 minutes, and 70 minutes for the tasks at the end.
# - **You need:** the table of the position bias (chapter 04), the training loop (chapter 08).
# - **You build:** fine-tuning from three starts, the gradient of several GPUs, and a bill.
#
# `M` is the window, in tokens.
#
# *To predict honestly, first choose Edit > Clear Outputs of All Cells.*

# %%
import math
import time
from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import nn

import swin_edu
from swin_edu.data import find_data, load_dataset, make_shapes, normalise
from swin_edu.training import TrainingSettings, learning_rate_at, load_pretrained, make_optimizer
from swin_edu.visuals import ModelExplorer, position_figures, training_figures

torch.set_num_threads(1)  # so small a network gains little from more
pretrained = load_pretrained("swin_shapes")
config = pretrained.model.config
print(f"{swin_edu.count_parameters(pretrained.model):,} parameters, {config.num_classes} classes")
print(f"patch {config.patch_size}, window {config.window_size}, depths {config.depths}")

# %% [markdown]
# `swin_shapes` comes with the course: the network of `swin-edu train --recipe laptop`, trained on the shapes
# of chapter 08, at 32 x 32 pixels.
#
# ## 1. A better camera
#
# Your camera makes 64 x 64 pixels. Both rows show the same scenes.

# %%
small, large = make_shapes(500, "test"), make_shapes(500, "test", side=64)
some = [1, 4, 6, 8, 9]
rows = {
    f"{name}: {data.images.shape[2]} x {data.images.shape[3]} pixels": (data.images[some] / 255, [])
    for name, data in {"what it learned from": small, "your camera": large}.items()
}
training_figures.small_images(rows, side=110)

# %% [markdown]
# The same, only sharper. And nothing in Swin asks for a certain size.
#
# **Predict.** The accuracy at 64 x 64: a little more than at 32, a little less, or nearly nothing?


# %%
def accuracy(trained, data):
    """The part of the images that a network names rightly, in percent."""
    return 100 * (trained.predict(data.images).argmax(dim=1) == data.labels).float().mean().item()


for side in (24, 32, 48, 64):
    data = make_shapes(500, "test", side=side)
    print(f"{side} x {side} pixels: {accuracy(pretrained, data):3.0f} % right")

# %% [markdown]
# Nearly nothing: guessing gets 10 %. *It runs at any size* is not *it works at any size*. To the network
# your scenes are not sharper, but **twice as large**: a token is still 4 x 4 pixels, and a window of
# 4 x 4 tokens shows a quarter of what it showed.
#
# ## 2. Two repairs without training
#
# You may (A) scale your images down to 32 x 32, or (B) make the windows twice as wide, `M = 8`.
#
# **Predict.** Which one is better? And what does B need that the file does not hold?

# %%
wide = load_pretrained("swin_shapes", window_size=8)
before, after = pretrained.model.state_dict(), wide.model.state_dict()
for name in before:
    if before[name].shape != after[name].shape:
        print(f"{name}: {tuple(before[name].shape)} -> {tuple(after[name].shape)}")

name = "stages.1.blocks.0.attention.position.table"
tables = {"M = 4": before[name][:, 0].view(7, 7), "M = 8, stretched": after[name][:, 0].view(15, 15)}
position_figures.tables(tables)

# %% [markdown]
# Only the tables of the position bias know the window: `(2M - 1)^2` rows, one for each offset.
# `window_size=8` stretched them as pictures, as in chapter 04. Above: one head, before and after.
#
# **Predict** once more: window 8 on the *old* images of 32 x 32. Better than window 4, because each token
# sees more?

# %%
scaled = replace(large, images=F.avg_pool2d(large.images.float(), 2).round().byte())
print(f"as it was:                 {accuracy(pretrained, large):3.0f} % right")
print(f"A, scaled down to 32 x 32: {accuracy(pretrained, scaled):3.0f} %")
print(f"B, window 8, stretched:    {accuracy(wide, large):3.0f} %")
for name, trained in {"window 4": pretrained, "window 8": wide}.items():
    print(f"{name}, old images, 32 x 32: {accuracy(trained, small):3.0f} %")

# %% [markdown]
# Both work, and nothing was trained: with B, each window again shows the same part of the scene. B's patches
# look new, so A is better here; but A loses fine detail.
#
# On old images, window 8 is worse: what the table had learned for one token away, it now has for about two,
# and at 32 x 32 that is twice as far. **Change image size and window by the same factor.**
#
# ## 3. Fine-tuning: three starts
#
# Now you may train, but you have only 320 labelled images of 64 x 64.
#
# **Predict.** Three epochs each: (1) from scratch, (2) from the trained weights with window 4, (3) from the
# trained weights with window 8. How many of 100 test images does each name rightly?


# %%
def learn(trained, optimizer, images, labels):
    """One step of chapter 08's loop."""
    trained.model.train()
    logits = trained.model(normalise(images, trained.mean, trained.deviation))
    optimizer.zero_grad()
    F.cross_entropy(logits, labels).backward()
    optimizer.step()


# %%
def fine_tune(trained, data, test, rate=2e-3, epochs=3):
    """The accuracy in percent, before and after each epoch."""
    torch.manual_seed(0)
    settings = TrainingSettings(optimizer="muon", learning_rate=rate)
    optimizer = make_optimizer(trained.model, settings)
    found, step, steps = [accuracy(trained, test)], 0, epochs * math.ceil(len(data) / 32)
    for _ in range(epochs):
        for chosen in torch.randperm(len(data)).split(32):
            for group in optimizer.param_groups:
                group["lr"] = learning_rate_at(step, steps, settings)
            learn(trained, optimizer, data.images[chosen], data.labels[chosen])
            step += 1
        found.append(accuracy(trained, test))
    return found


# %% tags=["nbval-ignore-output"]
def start(window):
    return load_pretrained("swin_shapes", window_size=window)


few, unseen = make_shapes(320, seed=7, side=64), large.subset(200)
torch.manual_seed(0)
blank = replace(pretrained, model=swin_edu.SwinTransformer(config))
results = {
    "from scratch": fine_tune(blank, few, unseen, rate=2e-2),  # as swin_shapes was trained
    "window 4": fine_tune(start(4), few, unseen),
    "window 8": fine_tune(start(8), few, unseen),
}
training_figures.curves(results, "epoch", "accuracy, %")

# %% [markdown]
# From scratch, 30 steps are nothing. They are enough for a new camera, if the windows show what they showed.
# With window 4, the network first has to unlearn.
#
# **Predict.** Start 3 with other rates. `swin_shapes` was trained at 0.02. 0.0002 and 0.1: better than
# before training? And better than with 0.002?

# %% tags=["nbval-ignore-output"]
by_rate = {rate: fine_tune(start(8), few, unseen, rate) for rate in (2e-4, 1e-1)}
by_rate = {str(rate): found for rate, found in sorted({**by_rate, 2e-3: results["window 8"]}.items())}
training_figures.curves(by_rate, "epoch", "accuracy, %")

# %%
scratch, four, eight = (found[-1] for found in results.values())
print("from scratch: hardly better than guessing:", scratch < 20)
print("window 4: better than from scratch:", four > scratch + 5)
print("window 8: more than 95 %:", eight > 95)
for rate, found in by_rate.items():
    print(f"window 8, rate {rate}: {'better' if found[-1] > found[0] else 'worse'} than before training")
print("0.002 is better than 0.0002:", by_rate["0.002"][-1] > by_rate["0.0002"][-1])

# %% [markdown]
# 0.1 destroys what was learned. 0.0002 is safe, but slow. Start near a tenth of the rate from scratch, then
# try others. In a terminal:
#
# ```bash
# swin-edu train --data shapes --image-size 64 --limit-train 320 \
#     --weights swin_shapes --set window_size=8 --crop-padding 0 \
#     --optimizer muon --learning-rate 2e-3 --batch-size 32 --epochs 3 --out runs/large
# ```
#
# ## 4. Which windows fit?
#
# Swin-T was trained at 224 x 224 with `M = 7`. You have 384 x 384.
#
# **Predict.** Of 7, 8 and 12: which window needs no padding in any stage?


# %%
def padding(side, window, patch_size=4, stages=4):
    """How many of the tokens in its windows are padding, for each stage, in percent."""
    found = []
    for stage in range(stages):
        n = side // patch_size // 2**stage
        found.append(round(100 * (1 - n * n / math.prod(swin_edu.padded_size(n, n, window)))))
    return found


for side, window in ((224, 7), (384, 7), (384, 8), (384, 12), (256, 8)):
    swin_t = swin_edu.SwinConfig(window_size=window)
    cost = swin_edu.multiply_adds(swin_t, side, side).total / 1e9
    print(f"{side} pixels, M = {window:2}: padding {padding(side, window)} %, {cost:5.2f} G multiply-adds")

# %% [markdown]
# At 384 the sides are 96, 48, 24 and 12 tokens. `M = 12` fits, and 12 of 96 is the same share of the
# picture as 7 of 56. The authors did so with Swin-B: 84.5 in place of 83.5 %, for three times the work
# (paper, Table 1).
#
# Yet `M = 8` with padding costs a little less, because attention in small windows is cheaper. Choose
# `M` by its share of the picture, not by padding.
#
# Set your own image size, then look for that share again.

# %%
ModelExplorer(height=384, width=384, window_size=12)

# %% [markdown]
# ## 5. Other classes
#
# `num_classes=12` puts on a new, random head; the body (all else) is loaded.
#
# **Question.** You train both at once. What happens first?
#
# <details><summary>A. Only the head moves: the rest is good already.</summary>No. Every weight follows its
# gradient.</details>
# <details><summary>B. The body follows a head that knows nothing yet.</summary>Right. You will measure what
# that costs.</details>
# <details><summary>C. Nothing: a random head has no gradient.</summary>No. It has one, as any
# other.</details>
#
# Real photographs now: twelve classes of Tiny-ImageNet, scaled to 32 x 32 (repair A), and `swin_cifar10`,
# which comes with the course (83 % of CIFAR-10's test images, [card](../data/README.md)).

# %% tags=["nbval-ignore-output"]
TWELVE = [
    *("goldfish", "monarch", "jellyfish", "ladybug", "lion", "spider web"),
    *("banana", "pizza", "teapot", "umbrella", "sunglasses", "alp"),
]
here = find_data("tiny-imagenet") is not None
if here:
    options = {"classes": TWELVE, "image_size": 32}
    photos = load_dataset("tiny-imagenet", **options).subset(600)
    others = load_dataset("tiny-imagenet", "test", **options).subset(300)
    first = [(others.labels == k).nonzero()[0].item() for k in range(0, 12, 2)]
    row = others.images[first] / 255, TWELVE[::2]
    picture = training_figures.small_images({"Tiny-ImageNet": row}, side=90)
picture if here else print("Not here yet. In a terminal: swin-edu data get tiny-imagenet")

# %% [markdown]
# *Features* are the numbers of an image that come out before the head.
#
# **Predict.** 600 photographs; guessing gets 8 %. What does a new head alone reach on the features of
# `swin_cifar10`? And on those of a network with random weights?


# %%
def new_head(body, data, test):
    """A head trained on features that are computed once, and its accuracy on test images in percent."""
    torch.manual_seed(0)
    features, unseen = body.predict(data.images), body.predict(test.images)  # (B, C)
    center, spread = features.mean(dim=0), features.std()
    head = nn.Linear(features.shape[1], len(TWELVE))
    optimizer = torch.optim.AdamW(head.parameters(), lr=1e-2, weight_decay=0.1)
    for _ in range(100):
        optimizer.zero_grad()
        F.cross_entropy(head((features - center) / spread), data.labels).backward()
        optimizer.step()
    with torch.no_grad():  # W ((f - c) / s) + b is (W / s) f + (b - (W / s) c): it now takes f itself
        head.weight /= spread
        head.bias -= head.weight @ center
    return head, 100 * (head(unseen).argmax(dim=1) == test.labels).float().mean().item()


# %% tags=["nbval-ignore-output"]
if here:
    body = load_pretrained("swin_cifar10", num_classes=0)  # without a head: its output is the features
    torch.manual_seed(0)
    blank = replace(body, model=swin_edu.SwinTransformer(body.model.config))
    head, percent = new_head(body, photos, others)
    print(f"{len(others)} test images; guessing {100 / 12:2.0f} % right")
    print(f"new head, random weights  {new_head(blank, photos, others)[1]:2.0f} %")
    print(f"new head, swin_cifar10    {percent:2.0f} %")

# %% [markdown]
# Even random features help. Those of `swin_cifar10` help more, though it never saw a goldfish. Now let all
# weights move.
#
# **Predict.** Two epochs, from a random head or from the head that you just trained. Which ends higher?

# %% tags=["nbval-ignore-output"]
if here:
    for name in ("random head", "trained head"):
        trained = load_pretrained("swin_cifar10", num_classes=12)
        if name == "trained head":
            trained.model.head.load_state_dict(head.state_dict())
        found = fine_tune(trained, photos, others, rate=5e-4, epochs=2)
        print(f"{name}: " + ", ".join(f"{percent:.0f}" for percent in found) + " %")

# %% [markdown]
# The random head has not caught up with one that was trained in a second. So train the head first. (What the
# other weights then add is within chance for 300 test images.)
#
# **Official weights** work in the same way. Imagenette is ten classes of ImageNet:
#
# ```bash
# swin-edu data get imagenette
# swin-edu train --recipe finetune-224 --out runs/imagenette
# swin-edu train --recipe finetune-224 --image-size 256 --set window_size=8 --out runs/imagenette-256
# ```
#
# The second line downloads the authors' Swin-T (110 MB). `--data my_photos` takes your folder, with a
# subfolder for each class. Expect much on Imagenette: these weights know its classes, and perhaps these
# photographs. These runs need a GPU.
#
# ## 6. One GPU to many
#
# Four GPUs, a batch of 128: each has a copy of the network and computes the gradient of *its* 32 images.
# An *all-reduce* sums the gradients for all; each divides by 4 and makes the same step.
#
# **Predict.** Two processes with half of the batch each: is the mean of their gradients that of the whole
# batch, but for rounding? And with 24 and 8 images? And for a network with BatchNorm?


# %%
def gradient(model, x, y):
    """The gradient of the mean loss, all weights in one row."""
    model.zero_grad()
    F.cross_entropy(model(x), y).backward()
    return torch.cat([p.grad.flatten() for p in model.parameters()])


x, y = normalise(small.images[:32], pretrained.mean, pretrained.deviation), small.labels[:32]
torch.manual_seed(0)
networks = {
    "Swin (LayerNorm)": swin_edu.SwinTransformer(config),
    "with BatchNorm": nn.Sequential(
        *(nn.Conv2d(3, 16, 3), nn.BatchNorm2d(16), nn.ReLU()),
        *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 10)),
    ),
}

# %%
for name, model in networks.items():
    model, x = model.double(), x.double()  # so that rounding hides nothing
    whole = gradient(model, x, y)
    a, b = gradient(model, x[:16], y[:16]), gradient(model, x[16:], y[16:])
    c, d = gradient(model, x[:24], y[:24]), gradient(model, x[24:], y[24:])
    print(f"{name}: 16 + 16 {torch.allclose((a + b) / 2, whole)}", end="")
    print(f", 24 + 8 {torch.allclose((c + d) / 2, whole)}", end="")
    print(f", 24 + 8 by images {torch.allclose((24 * c + 8 * d) / 32, whole)}")

# %% [markdown]
# For Swin, yes: LayerNorm looks at one token, so no image knows of the others. Unequal parts count by their
# images. BatchNorm takes mean and deviation of *its* images; with other parts it is another network.
#
# So one command is enough, and the losses are those of one GPU, but for the last digits and for stochastic
# depth, which each process draws for itself:
#
# ```bash
# torchrun --nproc-per-node 4 -m swin_edu.cli train --recipe tiny-imagenet --out runs/tiny
# ```
#
# `--batch-size` is that of *all* processes together. If one dies, `--resume` goes on, also with another
# number of them.
#
# On 64 GPUs the same batch is not four times as fast as on 16: each still sends and receives about two
# numbers for each weight (task D). Hence many GPUs go with large batches.
#
# ## 7. What it costs
#
# A multiply-add is two operations. Training an image takes about three times the work of naming it: forward
# once, backward twice (for the inputs of each layer, and for its weights).
#
# **Predict.** The paper's Swin-T, 300 epochs of 1.28 million images, on one thread of this computer: days,
# months, or years?


# %%
def training_operations(config, side, images, epochs):
    """All multiplications and additions of a training."""
    return 3 * 2 * swin_edu.multiply_adds(config, side, side).total * images * epochs


seven_million = swin_edu.SwinConfig(
    patch_size=2, window_size=4, depths=(2, 6, 4), num_heads=(3, 6, 12), mlp_ratio=2, num_classes=10
)
trainings = {
    "shapes, 6 epochs": (config, 32, 10_000, 6),
    "CIFAR-10, 7 M parameters, 100 epochs": (seven_million, 32, 50_000, 100),
    "ImageNet, Swin-T, 300 epochs": (swin_edu.SwinConfig(), 224, 1_281_167, 300),
}
operations = {name: training_operations(*training) for name, training in trainings.items()}
for name, count in operations.items():
    print(f"{name:37} {count:.1e} operations")

# %% tags=["nbval-ignore-output"]
model = swin_edu.SwinTransformer(seven_million)  # others have other speeds: an order of magnitude
batch, target = torch.randn(16, 3, 32, 32), torch.zeros(16, dtype=torch.long)
F.cross_entropy(model(batch), target).backward()  # the first step also makes room in memory
began = time.perf_counter()
for _ in range(3):
    F.cross_entropy(model(batch), target).backward()
images_per_second = 3 * 16 / (time.perf_counter() - began)
here_per_second = images_per_second * training_operations(seven_million, 32, 1, 1)


def spoken(seconds):  # in a unit that one can imagine
    units = {"years": 365 * 86400, "days": 86400, "hours": 3600, "minutes": 60, "seconds": 1}
    unit = next((name for name, size in units.items() if seconds >= size), "seconds")
    return f"{seconds / units[unit]:.1f} {unit}"


print(f"{images_per_second:.0f} images/s: {here_per_second / 1e9:.0f} billion operations a second")
for name, count in operations.items():
    print(f"{name:37} {spoken(count / here_per_second)}")

# %% [markdown]
# Now a GPU. Nobody gets the peak of its data sheet. So look for a *measured* speed. The authors of timm
# [measured
# training](https://github.com/huggingface/pytorch-image-models/blob/main/results/benchmark-train-amp-nhwc-pt112-cu113-rtx3090.csv)
# on an RTX 3090, in mixed precision: 649, 400 and 281 images/s for Swin-T, Swin-S and Swin-B.
#
# **Predict.** The paper's Swin-T on this card: hours, days or months? And which share does it get of the
# peak, 71 million million operations a second (float16, sums in float32; NVIDIA's GA102 white paper)?


# %%
def bill(images, epochs, images_per_second, dollars_per_hour, gpus=1, scaling=1.0):
    """Seconds, and dollars for all GPUs together, which do the work of gpus * scaling."""
    seconds = images * epochs / (images_per_second * gpus * scaling)
    return seconds, seconds / 3600 * gpus * dollars_per_hour


measured = {"swin_tiny": 648.69, "swin_small": 400.37, "swin_base": 281.0}  # images/s in training
for name, rate in measured.items():
    with torch.device("meta"):
        size = getattr(swin_edu, name)().config
    share = rate * training_operations(size, 224, 1, 1) / 71e12
    one, price = bill(1_281_167, 300, rate, dollars_per_hour=0.3)
    eight, more = bill(1_281_167, 300, rate, dollars_per_hour=0.3, gpus=8, scaling=0.9)
    print(f"{name}: {share:.0%} of the peak. One GPU {spoken(one)}, {price:.0f} $", end="")
    print(f"; eight {spoken(eight)}, {more:.0f} $")

# %% [markdown]
# Swin-T: a quarter. 0.3 dollars an hour and `scaling=0.9` are suppositions: put in yours. Eight GPUs
# that do the work of 7.2 cost 1/0.9 as much. To save:
#
# - choose on few epochs, few classes or small images, then run once;
# - start from trained weights (section 3: 30 steps were enough);
# - measure images per second in the first minute, multiply, *then* decide.
#
# ## Your turn
#
# Four tasks. Write the function's body in place of `...` and run its cell. A wrong answer is compared with
# mistakes that others have made.
#
# **A. Windows that fit** (easy, 10 minutes). The first stage has `side // patch_size` tokens along a side,
# each later one half as many. `M` fits a stage of `n` tokens along a side if `M` divides `n`, or if
# `M >= n`: then the whole grid is one window. Which `M`, from 2 up to the `n` of the first stage, fit all
# stages?
#
# <details><summary>Hint</summary>224 pixels, patches of 4, 4 stages: 56, 28, 14 and 7. M = 14 fits all four,
# M = 8 does not.</details>


# %%
from swin_edu import exercises


def fitting_windows(side, patch_size, stages):
    """A sorted list of all M that fit every stage."""
    ...


exercises.fitting_windows.check(fitting_windows)

# %% [markdown]
# **B. The images of one process** (medium, 15 minutes). `order`, a tuple, holds the image numbers of an
# epoch. Cut it into batches of `batch_size` for all processes together; the last may be smaller. Neighbours
# in a batch are pairs that stay together, as Mixup mixes them; an odd image at the end is a pair alone. Of
# `P` pairs, numbered from 0, process `r` gets those from `ceil(P * r / processes)` up to, not including,
# `ceil(P * (r + 1) / processes)`. Return a list for each batch, of image numbers, not pairs; an empty one
# where there is nothing. With `order = (7, 3, 9, 1, 4)`, batch 5 and 2 processes, rank 0 gets `[[7, 3, 9,
# 1]]` and rank 1 `[[4]]`.
#
# <details><summary>Hint</summary>5 images are 3 pairs. With 2 processes, the second begins at pair 2, index
# 4.</details>


# %%
def share_of_images(order, batch_size, processes, rank):
    """A list for each step: the numbers of the images that process rank gets."""
    ...


exercises.share_of_images.check(share_of_images)

# %% [markdown]
# **C. The mean of gradients** (medium, 15 minutes). For one weight, the tensor `gradients[p]` is the
# gradient of the mean loss over the `counts[p]` images of process `p` (`counts` is a tuple, not all 0).
# What is the gradient of the mean loss over all images? A process with 0 images has no say, even if its
# gradient is NaN; any other NaN must show in the answer. Leave `gradients` as it was.
#
# <details><summary>Hint</summary>A process's mean times its count is the sum over its images. And 0 * NaN is
# NaN.</details>


# %%
def mean_of_gradients(gradients, counts):
    """(processes, *shape), and a count for each process -> (*shape)."""
    ...


exercises.mean_of_gradients.check(mean_of_gradients)

# %% [markdown]
# **D. A sum in a ring** (hard, 30 minutes). How GPUs add up gradients without one that collects them all:
# `chunks[p, c]` is part `c` of process `p`'s gradient. There are `n - 1` steps: `t` is 0, 1, and so on. In
# each, all at the same time, process `p` sends a copy of its part `(p - t) % n`, with all that was added to
# it so far, to process `(p + 1) % n`, which adds it to its own part of the same number. Return all parts
# after the last step; leave `chunks` as it was.
#
# (Each then has *one* total. A second round, not your task, completes the all-reduce.)
#
# <details><summary>Hint</summary>Follow part 0 with n = 3: process 0 sends it, process 1 adds and sends the
# sum, process 2 adds and has the total.</details>


# %%
def ring_reduce(chunks):
    """(n, n, k) -> (n, n, k): the parts of all processes after n - 1 steps."""
    ...


exercises.ring_reduce.check(ring_reduce)

# %% [markdown]
# ## What you now know
#
# - Swin runs at any size, but what it has learned belongs to one. Scale the image back, or widen the window
#   by the same factor.
# - Fine-tuning: trained weights, the window that shows the same share, near a tenth of the rate from scratch.
# - Other classes: a new head, first alone, then all weights.
# - Gradients of several processes count by their images; without BatchNorm, one process computes the same.
# - Time is images x epochs, over the images a second that somebody *measured*.
#
# ## What comes next
#
# What does the network look at? Chapter 10 is being written. Back to [the map](00_start_here.ipynb). The
# paper: Section 4.1 and Appendix A2.1, [arXiv 2103.14030](https://arxiv.org/abs/2103.14030).
