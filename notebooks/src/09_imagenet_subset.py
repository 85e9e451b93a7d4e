# %% [markdown]
# # 9. A part of ImageNet
#
# **Somebody trained a Swin on small images. Yours are larger, and you have few. Start again, or go on from
# there?** You take a trained network to a new size, a new window and new classes, then to several GPUs. And
# you compute what training costs before you pay for it.
#
# - **Time:** 40 minutes, and 70 minutes for the tasks at the end.
# - **You need:** the table of the position bias (chapter 04), the training loop (chapter 08).
# - **You build:** three ways to fine-tune, the gradient of several GPUs, and a bill.
#
# `B` images in a batch, `M` the window, `h` heads, `C` channels. Images are `(B, 3, H, W)`.
#
# *To predict honestly, choose Edit > Clear Outputs of All Cells first.*

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
mean, deviation, config = pretrained.mean, pretrained.deviation, pretrained.model.config
print(f"{swin_edu.count_parameters(pretrained.model):,} parameters, {config.num_classes} classes")
print(f"patch {config.patch_size}, window {config.window_size}, depths {config.depths}")

# %% [markdown]
# `swin_shapes` comes with the course. It was trained for a minute (`swin-edu train --recipe laptop`), on the
# shapes of chapter 08, at 32 x 32 pixels.
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
# What you see above you see below, only sharper. And nothing in Swin asks for a certain size.
#
# **Predict.** Which accuracy at 64 x 64? A little more than at 32, a little less, or nearly nothing?


# %%
@torch.no_grad()
def accuracy(model, data):
    """The part of the images that a network names rightly."""
    model.eval()
    parts = zip(data.images.split(100), data.labels.split(100), strict=True)
    right = sum((model(normalise(x, mean, deviation)).argmax(dim=1) == y).sum() for x, y in parts)
    return right.item() / len(data)


for side in (24, 32, 48, 64):
    data = make_shapes(500, "test", side=side)
    print(f"{side} x {side} pixels: {accuracy(pretrained.model, data):5.1%} right")

# %% [markdown]
# Nearly nothing: guessing gets 10 %. *It runs at any size* does not mean *it works at any size*. To the
# network your scenes are not sharper. They are **twice as large**: a token is still 4 x 4 pixels, and a
# window of 4 x 4 tokens now shows a quarter of what it showed.
#
# ## 2. Two repairs without training
#
# **Predict.** You may (A) scale your images down to 32 x 32, or (B) make the windows twice as wide, `M = 8`.
# What does B need that the file does not hold?

# %%
wide = load_pretrained("swin_shapes", window_size=8).model
before, after = pretrained.model.state_dict(), wide.state_dict()
for name in before:
    if before[name].shape != after[name].shape:
        print(f"{name}: {tuple(before[name].shape)} -> {tuple(after[name].shape)}")

# %% [markdown]
# Only the tables of the position bias know the window: `(2M - 1)^2` rows, one for each offset.
# `window_size=8` stretched them as pictures, as you did in chapter 04. Here is one head, before and after:

# %%
name = "stages.1.blocks.0.attention.position.table"
tables = {"M = 4": before[name][:, 0].view(7, 7), "M = 8, stretched": after[name][:, 0].view(15, 15)}
position_figures.tables(tables)

# %%
scaled = replace(large, images=F.avg_pool2d(large.images.float(), 2).round().byte())
print(f"as it was:                 {accuracy(pretrained.model, large):5.1%} right")
print(f"A, scaled down to 32 x 32: {accuracy(pretrained.model, scaled):5.1%}")
print(f"B, window 8, stretched:    {accuracy(wide, large):5.1%}")

# %% [markdown]
# Both work, and nothing was trained. A throws your pixels away. B keeps them, and each token again looks at
# the same part of the scene; only what a patch shows is still new to it.
#
# **Predict.** One more: window 8, but on the *old* images of 32 x 32. Better than window 4 there, because
# each token sees more?

# %%
print(f"window 4 at 32 x 32: {accuracy(pretrained.model, small):5.1%} right")
print(f"window 8 at 32 x 32: {accuracy(wide, small):5.1%}")

# %% [markdown]
# No. The stretched table says *the same share of the picture*, no longer *the same number of tokens*. Image
# size and window belong together: change both, by the same factor.
#
# ## 3. Fine-tuning: three starts
#
# Now you may train, but you have only 400 labelled images of 64 x 64.
#
# **Predict.** Three epochs each: (1) from scratch, (2) from the trained weights with window 4, (3) from the
# trained weights with window 8. How many test images does each name?


# %%
def fine_tune(model, data, test, rate=2e-3, epochs=3):
    """Chapter 08's loop on few images; the accuracy in percent, before and after each epoch."""
    torch.manual_seed(0)
    settings = TrainingSettings(optimizer="muon", learning_rate=rate)
    optimizer = make_optimizer(model, settings)
    found, step, steps = [100 * accuracy(model, test)], 0, epochs * math.ceil(len(data) / 32)
    for _ in range(epochs):
        model.train()
        for chosen in torch.randperm(len(data)).split(32):
            for group in optimizer.param_groups:
                group["lr"] = learning_rate_at(step, steps, settings)
            logits = model(normalise(data.images[chosen], mean, deviation))
            optimizer.zero_grad()
            F.cross_entropy(logits, data.labels[chosen]).backward()
            optimizer.step()
            step += 1
        found.append(100 * accuracy(model, test))
    return found


# %% tags=["nbval-ignore-output"]
few = make_shapes(400, seed=7, side=64)
torch.manual_seed(0)
starts = {
    "from scratch": swin_edu.SwinTransformer(config),
    "trained, window 4": load_pretrained("swin_shapes").model,
    "trained, window 8": wide,
}
results = {name: fine_tune(model, few, large) for name, model in starts.items()}
training_figures.curves(results, "epoch", "accuracy, %")

# %%
scratch, four, eight = (found[-1] for found in results.values())
print("from scratch: no better than guessing:", scratch < 20)
print("trained, window 4: much better than from scratch:", four > scratch + 10)
print("trained, window 8: more than 95 %:", eight > 95)

# %% [markdown]
# 400 images are far too few to learn to see, and plenty to get used to a new camera. With window 4 the
# network has to unlearn what a window shows.
#
# **Predict.** Start 3 again, with a tenth and with fifty times the rate. Which one is worse than no
# training at all?

# %% tags=["nbval-ignore-output"]
rates = {"a tenth": 2e-4, "as before": 2e-3, "fifty times": 1e-1}
by_rate = {}
for name, rate in rates.items():
    model = load_pretrained("swin_shapes", window_size=8).model
    known = results["trained, window 8"]
    by_rate[name] = known if name == "as before" else fine_tune(model, few, large, rate)
training_figures.curves(by_rate, "epoch", "accuracy, %")

# %%
slow, middle, fast = by_rate.values()
print("a tenth: better than before training:", slow[-1] > slow[0])
print("fifty times: worse than before training:", fast[-1] < fast[0])

# %% [markdown]
# A high rate destroys what was learned before the few images can teach anything. So fine-tune at about a
# tenth of the rate from scratch (`swin_shapes` itself was trained at 0.02), or less.
#
# ## 4. Which windows fit?
#
# Swin-T was trained at 224 x 224 with `M = 7`. You have 384 x 384.
#
# **Predict.** Which window keeps all four stages free of padding?


# %%
def fit(side, window, patch_size=4, stages=4):
    """What each stage pads, in percent of its windows' tokens."""
    padding = []
    for stage in range(stages):
        n = side // patch_size // 2**stage
        padding.append(100 - 100 * n * n // math.prod(swin_edu.padded_size(n, n, window)))
    return padding


for side, window in ((224, 7), (384, 7), (384, 8), (384, 12), (256, 8)):
    swin_t = swin_edu.SwinConfig(window_size=window)
    cost = swin_edu.multiply_adds(swin_t, side, side).total / 1e9
    print(f"{side} pixels, M = {window:2}: padding {fit(side, window)} %, {cost:5.2f} G")

# %% [markdown]
# At 384 the sides are 96, 48, 24 and 12 tokens: `M = 12` fits, and it is the same share of the picture, 12 of
# 96 as 7 of 56. The paper fine-tunes so: Swin-B gains a point, from 83.5 to 84.5 %, for three times the work
# (Table 1).
#
# Padding is *correct* here, since padded tokens are masked. It is work for nothing. Look for a size that
# fits yours: set it in the explorer, then the window, and watch the numbers of each stage.

# %%
ModelExplorer(height=384, width=384, window_size=12)

# %% [markdown]
# ## 5. Other classes
#
# A head for 1000 classes is of no use for your twelve. `num_classes=12` puts a new one on, with random
# weights; all other weights stay.
#
# **Question.** The new head is random. You train all weights at once. What happens in the first steps?
#
# <details><summary>A. Only the head moves: the rest is good already.</summary>No. Every weight follows its
# gradient, and the gradient of the body comes through the head.</details>
# <details><summary>B. The body follows a head that knows nothing yet.</summary>Right. Some of what it has
# learned is lost. So train the head alone first, then everything, at a low rate.</details>
# <details><summary>C. Nothing: a random head has no gradient.</summary>No. It has one, and so has the
# body.</details>
#
# Real photographs now: twelve classes of Tiny-ImageNet that CIFAR-10 does not have, and
# `swin_cifar10`, which comes with the course. Photographs of 64 x 64 are scaled to 32 x 32 while
# they are read (section 2, repair A).

# %% tags=["nbval-ignore-output"]
TWELVE = [
    *("goldfish", "king penguin", "monarch", "jellyfish", "ladybug", "lion"),
    *("banana", "pizza", "teapot", "umbrella", "school bus", "alp"),
]
here = find_data("tiny-imagenet") is not None
if here:
    options = {"classes": TWELVE, "image_size": 32}
    photos = load_dataset("tiny-imagenet", **options).subset(600)
    others = load_dataset("tiny-imagenet", "test", **options)
    first = [(others.labels == k).nonzero()[0].item() for k in range(0, 12, 2)]
    row = others.images[first] / 255, TWELVE[::2]
    picture = training_figures.small_images({"Tiny-ImageNet": row}, side=90)
picture if here else print("Not here yet. In a terminal: swin-edu data get tiny-imagenet")

# %% [markdown]
# **Predict.** 600 photographs, about 50 a class. Guessing gets 8 %. What does a new head alone reach on the
# features of `swin_cifar10`? And on those of a network with random weights?


# %%
def new_head(body, data, test):
    """A head trained on features that are computed once, and its accuracy on test images in percent."""
    torch.manual_seed(0)
    features, unseen = body.predict(data.images), body.predict(test.images)  # (B, C)
    center, spread = features.mean(dim=0), features.std(dim=0) + 1e-6
    head = nn.Linear(features.shape[1], len(TWELVE))
    optimizer = torch.optim.AdamW(head.parameters(), lr=1e-2, weight_decay=0.1)
    for _ in range(100):
        optimizer.zero_grad()
        F.cross_entropy(head((features - center) / spread), data.labels).backward()
        optimizer.step()
    with torch.no_grad():  # the same head, for features that are not standardised
        head.weight /= spread
        head.bias -= head.weight @ center
    return head, 100 * (head(unseen).argmax(dim=1) == test.labels).float().mean().item()


# %% tags=["nbval-ignore-output"]
if here:
    body = load_pretrained("swin_cifar10", num_classes=0)  # without a head: its output is the features
    torch.manual_seed(0)
    untrained = replace(body, model=swin_edu.SwinTransformer(body.model.config).eval())
    head, percent = new_head(body, photos, others)
    print(f"guessing                           {100 / 12:4.0f} % right")
    print(f"new head, body with random weights {new_head(untrained, photos, others)[1]:4.0f} %")
    print(f"new head, body of swin_cifar10     {percent:4.0f} %")

# %% [markdown]
# It never saw a goldfish, and yet its features tell one from a teapot. Now let all weights move.
#
# **Predict.** Once with a random head, once with the head that you just trained. Which ends higher?

# %% tags=["nbval-ignore-output"]
if here:
    mean, deviation = body.mean, body.deviation  # what it was trained with
    for name in ("random head", "trained head"):
        model = load_pretrained("swin_cifar10", num_classes=12).model
        if name == "trained head":
            model.head.load_state_dict(head.state_dict())
        found = fine_tune(model, photos, others, rate=1e-3)
        print(f"all weights, {name}: " + ", ".join(f"{percent:.0f} %" for percent in found))

# %% [markdown]
# **Official weights** work in the same way, on any folder with a subfolder of images for each class.
# Imagenette is ten classes of ImageNet; in a terminal:
#
# ```bash
# swin-edu data get imagenette
# swin-edu train --recipe finetune-224 --out runs/imagenette
# swin-edu train --recipe finetune-224 --image-size 256 --set window_size=8 --out runs/imagenette-256
# ```
#
# The first run downloads Swin-T of the authors (110 MB). `--data my_photos --classes list.txt` takes your own
# folder, and of it the classes that the list names. From scratch, on all of Tiny-ImageNet:
# `swin-edu train --recipe tiny-imagenet`. Both want a GPU.
#
# ## 6. One GPU to many
#
# Four GPUs, a batch of 128: each gets 32 images and a copy of the network, and computes the gradient of
# *its* mean loss. Then they tell each other, and all make the same step.
#
# **Predict.** Two processes with half of the batch each: is the mean of their gradients *exactly* that of the
# whole batch? And if one has 24 images and the other 8? And for a network with BatchNorm?


# %%
def gradient(model, x, y):
    """The gradient of the mean loss, all weights in one row."""
    model.zero_grad()
    F.cross_entropy(model(x), y).backward()
    return torch.cat([p.grad.flatten() for p in model.parameters()])


x, y = normalise(small.images[:32], mean, deviation).double(), small.labels[:32]
torch.manual_seed(0)
networks = {
    "Swin (LayerNorm)": swin_edu.SwinTransformer(config).double(),
    "with BatchNorm": nn.Sequential(
        *(nn.Conv2d(3, 16, 3), nn.BatchNorm2d(16), nn.ReLU()),
        *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 10)),
    ).double(),
}
for name, model in networks.items():
    whole = gradient(model, x, y)
    a, b = gradient(model, x[:16], y[:16]), gradient(model, x[16:], y[16:])
    c, d = gradient(model, x[:24], y[:24]), gradient(model, x[24:], y[24:])
    print(f"{name}: 16 + 16 {torch.allclose((a + b) / 2, whole)}", end="")
    print(f", 24 + 8 {torch.allclose((c + d) / 2, whole)}", end="")
    print(f", 24 + 8 by images {torch.allclose((24 * c + 8 * d) / 32, whole)}")

# %% [markdown]
# For Swin, yes: LayerNorm looks at one token, so no image knows of the others in its batch. Unequal parts
# must count by their images. BatchNorm takes mean and deviation of *its* images; with other parts it is
# another network.
#
# So one command is enough, and the log of the run says the same as with one GPU. (But for stochastic depth:
# each process draws its own.)
#
# ```bash
# torchrun --nproc-per-node 4 -m swin_edu.cli train --recipe tiny-imagenet --out runs/tiny
# ```
#
# `--batch-size` is that of *all* processes together, so that the recipe stays the same recipe. If a process
# dies, `--resume` goes on, also with another number of them.
#
# **Question.** The same batch of 128 on 64 GPUs. What happens?
#
# <details><summary>A. 64 times as fast.</summary>No. Two images hardly give a GPU anything to do, and it
# still has to send and receive all gradients.</details>
# <details><summary>B. Hardly faster than on 16, perhaps slower.</summary>Right. The part that computes
# shrinks, the part that talks does not. That is why many GPUs go with large batches, and with another
# learning rate.</details>
# <details><summary>C. Another result, since each GPU sees fewer images.</summary>No. You just saw that the
# gradient is the same.</details>
#
# ## 7. The bill
#
# A multiply-add is two operations. Training an image takes about three times the work of naming it:
# forward once, backward twice (for the inputs of each layer, and for its weights).
#
# **Predict.** The paper's Swin-T: 1.28 million images, 300 epochs, 4.5 G multiply-adds an image. On this
# computer: days, months, or years?


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

# %% [markdown]
# How many a second can *this* computer do? Measure a few steps of training, on one thread:

# %% tags=["nbval-ignore-output"]
model = swin_edu.SwinTransformer(seven_million)
batch, target = torch.randn(16, 3, 32, 32), torch.zeros(16, dtype=torch.long)
F.cross_entropy(model(batch), target).backward()  # the first step also makes room in memory
began = time.perf_counter()
for _ in range(3):
    F.cross_entropy(model(batch), target).backward()
images_per_second = 3 * 16 / (time.perf_counter() - began)
here_per_second = images_per_second * training_operations(seven_million, 32, 1, 1)


def spoken(seconds):
    """Seconds in a unit that one can imagine."""
    units = {"years": 365 * 86400, "days": 86400, "hours": 3600, "minutes": 60, "seconds": 1}
    unit = next((name for name, size in units.items() if seconds >= size), "seconds")
    return f"{seconds / units[unit]:.1f} {unit}"


print(f"{images_per_second:.0f} images/s: {here_per_second / 1e9:.0f} billion operations a second")
for name, count in operations.items():
    print(f"{name:37} {spoken(count / here_per_second)}")

# %% [markdown]
# Now a GPU. Its data sheet names a peak, 989 million million a second in bfloat16 for an
# [H100](https://www.nvidia.com/en-us/data-center/h100/). Nobody gets the peak: norms, softmax and moving
# numbers around are no matrix products. **The share you get has to be measured**; here we suppose 30 %, and
# three dollars an hour. Put in your own numbers.


# %%
def bill(operations, peak=989e12, share=0.3, dollars_per_hour=3.0, gpus=1, scaling=1.0):
    """Seconds, and dollars for all GPUs together."""
    seconds = operations / (peak * share * gpus * scaling)
    return seconds, seconds / 3600 * gpus * dollars_per_hour


for name, count in operations.items():
    (one, price), (eight, more) = bill(count), bill(count, gpus=8, scaling=0.9)
    print(f"{name:37} one GPU {spoken(one)}, {price:.2f} $; eight {spoken(eight)}, {more:.2f} $")

# %% [markdown]
# The last line is a plan. The others are not: for so small networks, starting the computations takes longer
# than the computations, and the share is far below 30 %. That is why you measure.
#
# Eight GPUs are faster and cost more, because they also talk. And before the one run that you report there
# are ten that you do not. So:
#
# - choose on few epochs, few classes or small images, then run once;
# - start from trained weights where there are any (section 3: 400 images were enough);
# - measure images per second in the first minute, multiply, *then* decide.
#
# ## Your turn
#
# Four tasks. Write the function's body in place of `...` and run its cell. A task that you leave unwritten
# breaks nothing; a wrong answer is compared with mistakes that others have made.
#
# **A. Windows that fit** (easy, 10 minutes). The first stage has `side // patch_size` tokens along a side,
# each later one half as many. A window of side `M` fits a stage of `n` tokens along a side if `M` divides
# `n`, or if `M >= n`: then the whole grid is one window. Which `M`, from 2 up to the `n` of the first
# stage, fit all stages?
#
# <details><summary>Hint</summary>With 224 pixels, patches of 4 and 4 stages, the sides are 56, 28, 14 and 7.
# M = 14 fits all four, M = 8 does not.</details>


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
# `P` pairs, numbered from 0, process `r` gets those from `ceil(P * r / processes)` on, until where process
# `r + 1` begins. An empty share stays in the list, as `[]`.
#
# <details><summary>Hint</summary>A batch of 5 has 3 pairs. With 2 processes, the second begins at pair 2,
# which is image 4 of the batch.</details>


# %%
def share_of_images(order, batch_size, processes, rank):
    """A list for each step: the numbers of the images that process rank gets."""
    ...


exercises.share_of_images.check(share_of_images)

# %% [markdown]
# **C. The mean of gradients** (medium, 15 minutes). For one weight, `gradients[p]` is the gradient of the
# mean loss over the `counts[p]` images of process `p`. What is the gradient of the mean loss over all
# images? A process with 0 images has no say, even if its gradient is NaN; the NaN of a process that has
# images must show in the answer. Leave `gradients` as it was.
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
# <details><summary>Hint</summary>Follow part 0 with n = 3: process 0 sends it, process 1 adds and sends the
# sum, process 2 adds and has the total. In case 1, the digits of a number say which processes are in
# it.</details>


# %%
def ring_reduce(chunks):
    """(n, n, k) -> (n, n, k): the parts of all processes after n - 1 steps."""
    ...


exercises.ring_reduce.check(ring_reduce)

# %% [markdown]
# ## What you now know
#
# - Swin runs at any size, but what it has learned belongs to one. Scale the image back, or widen the window
#   by the same factor; the tables of the position bias are stretched like pictures.
# - Fine-tuning: trained weights, the window that shows the same share, a tenth of the rate or less.
# - A window without padding divides the grid of each stage.
# - Other classes: a new head, first alone, then all weights.
# - Gradients of several processes count by their images; without BatchNorm the result is exactly that of one.
# - Cost is multiply-adds x 6 x images x epochs, over what you *measured* a second.
#
# ## What comes next
#
# What does the network look at? Chapter 10 is being written. Back to [the map](00_start_here.ipynb). The
# paper fine-tunes in Section 4.1 and Appendix A2.1, [arXiv 2103.14030](https://arxiv.org/abs/2103.14030).
