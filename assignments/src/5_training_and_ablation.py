# %% [markdown] assignment="Assignment 5: training and ablation" points=28 hours=4
# "With shifted windows it is 1.1 points better." What stands behind such a sentence? Networks that were
# trained twice, luck, and a decision what to call a difference. Here you write three pieces of a recipe.
# Then you take a Swin apart, piece by piece, train it on your own machine, and report what you found, in a
# way that somebody else can check.
#
# **When you are done, you can**
#
# - write the schedule and the mixed targets of a training recipe, and test them
# - say before an experiment what you expect, and why
# - compare two variants over several seeds, and say how sure you may be
# - write a report of one page: set-up, numbers, spread, conclusion, limits

# %% [markdown]
# ## How it works
#
# **Code tasks.** Write the function's body and run the cell, then the one below it. The check says at once
# what is right, and often which mistake yours looks like. Run it as often as you like. When your work is
# graded, the same check runs on more inputs that you do not see: other sizes, other numbers. All right: all
# points. Else: up to half of them, by the share of inputs that are right. So write for any size.
#
# **Stuck?** `exercises.warmup_cosine.hint()` says one thing more each time you call it. Hints cost nothing.
#
# **Experiment and report.** A person marks them. A wrong prediction costs nothing. A result that you did not
# expect costs nothing. What counts: could somebody else repeat it, and does your conclusion say no more than
# your numbers? Numbers that you did not measure cost all points of the report.
#
# **Allowed:** the lessons, all of `swin_edu`, documentation, talking about ideas. Code and text are your
# own: no `.solution()`.
#
# **To hand in:** set `TRAIN = False` (your numbers stay in `measured`), then Kernel > Restart Kernel and Run
# All Cells, save, and hand in this one file under its own name. An unsolved task breaks nothing. Leave the
# locked cells as they are: what is changed in them is put back before grading. Cells that you add are fine.

# %%
import itertools
import math
import time

import torch
import torch.nn.functional as F
from einops import rearrange

from swin_edu import exercises
from swin_edu.data import ImageDataset
from swin_edu.training import EpochRecord, Training, TrainingSettings
from swin_edu.visuals import block_figures, patches_figures, photograph, training_figures

print("ready")

# %% [markdown]
# ## 1. The learning rate of a step (3 points)
#
# The paper (Section 4.1) trains with AdamW, a linear warm-up and a cosine decay. The first steps are small,
# because AdamW's averages are still empty.
#
# Steps count from 0. Over the first `warmup` steps the rate rises along a straight line that would be 0 just
# before step 0, and reaches `highest` in the last of them. Behind them it falls along half a cosine:
# `highest` at step `warmup`, and `lowest` at step `steps`, which does not come any more. `warmup` may be 0.


# %% exercise="warmup_cosine" points=3
def my_rate(step, steps, warmup, highest, lowest):
    """The learning rate of one step, a float."""
    ### BEGIN SOLUTION
    if step < warmup:
        return highest * (step + 1) / warmup
    angle = math.pi * (step - warmup) / (steps - warmup)
    middle, half = (highest + lowest) / 2, (highest - lowest) / 2
    return middle + half * math.cos(angle)
    ### END SOLUTION


# %%
if right := exercises.warmup_cosine.examine(my_rate).passed:
    rates = [my_rate(step, 100, 10, 10.0, 1.0) for step in range(100)]
block_figures.curves({"your rate": rates}, "step", "rate") if right else print("Solve it first.")

# %% [markdown]
# ## 2. CutMix (4 points)
#
# The recipe of Swin also mixes images. In [CutMix](https://arxiv.org/abs/1905.04899), image `i` gets a box
# of pixels from its partner, image `order[i]`. The target then names both classes, each with the share of
# the pixels that are its own.
#
# `box` is `(top, left, height, width)`, the same for the whole batch. It may hang over an edge: then only
# the part inside is pasted, and only that part counts. At last the targets are smoothed as PyTorch does it:
# times `1 - smoothing`, and `smoothing` shared out among *all* classes.


# %% exercise="cutmix" points=4
def my_cutmix(images, labels, order, box, num_classes, smoothing):
    """(B, c, H, W), (B,), (B,) -> mixed images, and targets (B, num_classes) of the images' dtype."""
    ### BEGIN SOLUTION
    height, width = images.shape[-2:]
    top, left = max(box[0], 0), max(box[1], 0)
    bottom, right = min(box[0] + box[2], height), min(box[1] + box[3], width)
    mixed = images.clone()
    mixed[..., top:bottom, left:right] = images[order][..., top:bottom, left:right]
    partner = (bottom - top) * (right - left) / (height * width)
    sure = F.one_hot(labels, num_classes).to(images.dtype)
    targets = (1 - partner) * sure + partner * sure[order]
    return mixed, targets * (1 - smoothing) + smoothing / num_classes
    ### END SOLUTION


# %%
names = ("chelsea", "coffee")
pair = [rearrange(torch.tensor(photograph(name))[:288, :384], "h w c -> c h w") / 255 for name in names]
if right := exercises.cutmix.examine(my_cutmix).passed:
    labels, order, box = torch.tensor([0, 1]), torch.tensor([1, 0]), (90, 130, 150, 180)
    mixed, targets = my_cutmix(torch.stack(pair), labels, order, box, 2, 0.1)
    print("targets (cat, coffee):", [[round(share, 2) for share in row] for row in targets.tolist()])
patches_figures.photographs({"a": mixed[0], "b": mixed[1]}) if right else print("Solve it first.")

# %% [markdown]
# ## 3. Pictures of stairs
#
# Now the experiment. You need images that are learned in seconds, and that ask for what you want to take
# away. So here are *stairs*: from one side to the other the colour climbs in four steps from blue to red,
# with noise. The class says which way: right, down, left or up.
#
# A patch has 4 x 4 pixels, a window 2 x 2 tokens, so 8 x 8 pixels. A step is 8 pixels wide, too.


# %%
def make_stairs(count, seed, moved=0):
    """count labelled images (count, 3, 32, 32); all steps stand `moved` pixels further to the top left."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(count) % 4
    step = (torch.arange(32) + moved) // 8
    top = int(step[-1])  # 3; moved stairs have one step more
    across, down = step.expand(32, 32), step[:, None].expand(32, 32)
    stairs = torch.stack([across, down, top - across, top - down])[labels].float()
    rise = 30 + 15 * torch.rand(count, 1, 1, generator=generator)
    red = 110 + 20 * torch.rand(count, 1, 1, generator=generator) + rise * (stairs - top / 2)
    images = torch.stack([red, torch.full_like(red, 100), 240 - red], dim=1)
    images = (images + 20 * torch.randn(images.shape, generator=generator)).clamp(0, 255)
    names = ["right", "down", "left", "up"]
    return ImageDataset(images.to(torch.uint8), labels, names, "stairs", mirror_keeps_label=False)


train_set, test_set = make_stairs(1000, seed=0), make_stairs(500, seed=1)
examples = {name: test_set.images[k] / 255 for k, name in enumerate(test_set.class_names)}
patches_figures.photographs(examples)

# %% [markdown]
# The network has one stage of two blocks, plain and shifted, on 8 x 8 tokens, and 18,988 parameters. Behind
# the blocks, each token is normalised, then the *mean* over all tokens goes to the head. So what the head
# learns is a sum of what single tokens know.
#
# Three variants: the full network; one whose second block is *not shifted*; one *without position bias*.
# Nothing else differs. Look at the code: images are not moved at random here (`crop_padding=0`).

# %%
VARIANTS = {"full": {}, "no shift": {"shift_windows": False}, "no bias": {"relative_position_bias": False}}
NETWORK = {"patch_size": 4, "window_size": 2, "embed_dim": 32, "depths": (2,), "num_heads": (4,)}
NETWORK |= {"mlp_ratio": 2.0, "drop_path_rate": 0.0}


def train(options, seed, data, epochs):
    """Train one variant with one seed; returns how many test images it names rightly, an int."""
    settings = TrainingSettings(
        model_options=NETWORK | options, seed=seed, epochs=epochs, batch_size=20, learning_rate=3e-3,
        label_smoothing=0.0, crop_padding=0, device="cpu",
    )  # fmt: skip
    *_, last = (r for r in Training(settings, data=data).steps() if isinstance(r, EpochRecord))
    return round(last.test_accuracy * len(data[1]))


def measure(variants, seeds, data, epochs):
    """{variant: [count for each seed]}; says how long each run takes."""
    counts = {name: [] for name in variants}
    for seed, (name, options) in itertools.product(seeds, variants.items()):
        started = time.perf_counter()
        counts[name].append(train(options, seed, data, epochs))
        print(f"{name}, seed {seed}: {counts[name][-1]} right, {time.perf_counter() - started:.0f} s")
    return counts


# %% [markdown] question="prediction" points=4
# **Question (4 points).** Answer *before* you train. A wrong guess costs nothing; a missing reason does.
#
# 1. How many of the four classes can a token tell apart if it sees only its own plain window? Think of what
#    colours there are in one window.
# 2. Predict the accuracy of each variant in percent (guessing gets 25), with the reason in one sentence
#    each.
# 3. Why `crop_padding=0`? What would random moves of up to 4 pixels change in this experiment?
#
# ### BEGIN MARK SCHEME
# 1 (1 point): none: the windows and the steps have the same borders, so a window holds one colour only.
#
# 2 (2 points, for the reasons): the mechanism has to be named. No shift: no token ever sees two steps, so
# nobody knows a direction, and the mean over tokens knows no places. No bias: a token of the shifted block
# sees two colours, but not which one is on which side (a bag). A wrong number with a right mechanism has
# full marks; a right number without a reason has half.
#
# 3 (1 point): moved stairs do not stand on the walls of the plain windows any more, so a plain window would
# see two steps, and "no shift" would not be cut off from the answer. Half: "it would blur the images" or
# "the edges would be black".
#
# Typical wrong ideas: the head sees where each token stands; the shift is needed for far things only; the
# bias is a small correction.
# ### END MARK SCHEME

# %% [markdown]
# ## 4. Train
#
# Set `TRAIN = True` and run the cell. It takes a few minutes: three variants, four seeds, ten epochs each.
# Copy the last line of the output into the next cell. Then set `TRAIN = False` again.

# %% tags=["free"]
TRAIN = False
SEEDS, EPOCHS = (0, 1, 2, 3), 10
if TRAIN:
    counts = measure(VARIANTS, SEEDS, (train_set, test_set), EPOCHS)
    print("measured =", counts)

# %% tags=["free"]
# Paste your line here. Until then it is empty, and the cells below have nothing to show.
measured = {}

# %%
for name, counts in measured.items():
    print(f"{name:9} {[f'{count / 5:.1f} %' for count in counts]}")
training_figures.runs(measured, len(test_set), chance=0.25) if measured else print("nothing measured yet")

# %% [markdown]
# ## 5. Luck (5 points)
#
# Two variants, the same seeds. Each seed gives first weights and an order of images, and some are lucky for
# *both* variants. So look at the differences, seed by seed.
#
# Return three numbers: the mean gain of the first variant; the standard error of that mean; and `p`. If the
# two variants were really the same, each difference could as well have had the other sign. Take all `2**n`
# choices of signs. `p` is the share of them whose sum is at least as far from 0 as yours, on either side.


# %% exercise="compare_seeds" points=5
def my_comparison(first, second):
    """Two lists of counts, one for each seed -> (mean gain, its standard error, p), three floats."""
    ### BEGIN SOLUTION
    gains = torch.tensor(first, dtype=torch.float64) - torch.tensor(second, dtype=torch.float64)
    error = gains.std(correction=1) / len(gains) ** 0.5
    signs = torch.tensor(list(itertools.product((1.0, -1.0), repeat=len(gains))), dtype=torch.float64)
    p = ((signs @ gains).abs() >= gains.sum().abs()).double().mean()
    return gains.mean().item(), error.item(), p.item()
    ### END SOLUTION


# %%
def compare(first, second):
    """Your comparison; None where it is not written yet, or goes wrong."""
    try:
        gain, error, p = my_comparison(first, second)
        return float(gain), float(error), float(p)
    except Exception:
        return None


for name in [name for name in measured if name != "full"]:
    if compared := compare(measured["full"], measured[name]):
        gain, error, p = compared
        print(f"full against {name}: {gain / 5:+.1f} +- {error / 5:.1f} points, p = {p:.3f}")

# %% [markdown]
# How small can `p` get at all? Run it: the first variant wins in every seed, by far.

# %%
smallest = {n: compared[2] for n in range(2, 9) if (compared := compare([500] * n, [125] * n))}
print("seeds and p:", {n: round(p, 4) for n, p in smallest.items()} or "solve it first")

# %% [markdown] question="second" points=4
# ## 6. Your own question (4 points)
#
# Change one thing, predict, measure, compare. Use at least three seeds, and the functions above in cells of
# your own. For example:
#
# - the stairs moved by half a step: `make_stairs(1000, 0, moved=4)`. Which variant changes?
# - no bias, but windows of 4 x 4 tokens
# - eight blocks in place of two, without shift
# - half of the training images
#
# Write here: what you changed, what you expected and why, the numbers of each seed, and what you conclude.
#
# ### BEGIN MARK SCHEME
# 1 point: one thing is changed, and said so exactly that it can be repeated.
# 1 point: a prediction with a mechanism, written before the numbers (or honestly said to be written after).
# 1 point: numbers of at least three seeds for both sides of the comparison; the cells that made them are
# there. 1 point: a conclusion that follows from the numbers.
#
# What we measured in one to three seeds, counts of 500. Moved by 4: "no shift" becomes as good as "full"
# (500 each: every plain window sees an edge), "no bias" stays near guessing (133 and 137). Eight plain
# blocks: 136 (depth opens no walls). No bias with windows of 4 x 4: 127.
# ### END MARK SCHEME

# %% tags=["free"]
# Your experiment. Leave the calls that train commented out when you hand in, and your numbers beside them.
# moved = make_stairs(1000, seed=0, moved=4), make_stairs(500, seed=1, moved=4)
# own = measure({"no shift": VARIANTS["no shift"]}, (0, 1, 2), moved, EPOCHS)

# %% [markdown] question="report" points=8
# ## 7. The report (8 points)
#
# One page, for somebody who has not seen this notebook. Half a page of text is enough.
#
# 1. **Question and answer**, in two sentences.
# 2. **Set-up:** data, network, what differs between the variants, epochs, seeds, machine, time.
# 3. **Numbers:** a table: variant, number of seeds, mean, standard error; and the two comparisons with `p`.
# 4. **Why:** the mechanism, and what in your numbers speaks for it.
# 5. **Limits:** In the paper's Table 4, Swin-T on ImageNet has 81.3 % with both, 80.2 % without shift, 80.1
#    % without position bias. Your gaps are much larger. Why? What may you *not* conclude from your
#    experiment?
#
# ### BEGIN MARK SCHEME
# | part | full | half | none |
# |---|---|---|---|
# | question, answer (1) | a claim that the numbers carry | vague: "shift is better" | missing |
# | set-up (1.5) | can be repeated: data, sizes, seeds, epochs, machine | one missing | "we trained it" |
# | numbers (2) | mean, standard error, n, paired, with p | no spread, or not paired | one best run |
# | why (1.5) | common borders; a bag has no sides; tied to a number | one of the two | none |
# | limits (2) | two of those below | one | "it proves that shift is needed" |
#
# Limits, full marks for two of these: the stairs were made so that each part is needed, photographs are not;
# ImageNet networks have four stages, so merging also joins windows; texture and colour alone say much there;
# only one network size, one learning rate, few epochs; with four seeds p cannot be below 0.125, so p alone
# proves little although the gap is 90 standard errors wide; p says nothing about the size of an effect.
#
# What we measured with the settings above, counts of 500 for the seeds 0 to 3: full 500, 500, 500, 500; no
# shift 125, 135, 135, 120; no bias 128, 120, 135, 137. So 74 points, standard error 0.8, p = 0.125 each.
# ### END MARK SCHEME
