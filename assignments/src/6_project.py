# %% [markdown] assignment="Project: change one idea of Swin" points=50 hours=20
# You know every part of Swin by now. Change *one* of its ideas, and defend the change with numbers: against
# Swin itself, under equal conditions, over several seeds. A change that turns out useless, and is shown to
# be useless with care, is worth as much as one that wins.
#
# **When you are done, you can**
#
# - turn an idea into a claim that an experiment can refute
# - build a variant of a network that differs in one thing, and prove that it differs in nothing else
# - write tests that fail when the code is wrong, and show that they do
# - plan an experiment within a budget, and report it so that others can repeat and doubt it

# %% [markdown]
# ## How it works
#
# **Everything here is marked by a person**, by the tables that you see in each part: they are the whole
# truth about points. Write code in cells of your own, as many as you like, in the part where they belong.
#
# **Before you begin**, hand in the proposal (part 1) alone, or talk it over with your teacher: a plan that
# cannot work is cheapest to change on paper.
#
# **Alone or in pairs**, as your teacher says. In pairs, say in the report who did what.
#
# **Allowed:** everything that is published, with its source: papers, code, the lessons, all of `swin_edu`.
# Say what you took and from where. Numbers that you did not measure, or measured and left out because they
# did not fit, cost the points of parts 3 and 4.
#
# **To hand in:** set `TRAIN = False`, then Kernel > Restart Kernel and Run All Cells: it has to run to the
# end in two minutes, from your saved numbers. Save, and hand in this one file under its own name.

# %%
import itertools
import time

import torch
from torch import nn

import swin_edu
from swin_edu import PatchMerging, SwinBlock, WindowAttention
from swin_edu.data import load_dataset, make_shapes
from swin_edu.training import EpochRecord, Training, TrainingSettings, make_optimizer
from swin_edu.visuals import block_figures, training_figures

TRAIN = False
print("ready")

# %% [markdown]
# ## Ideas
#
# Take one of these, or better, one of your own. Small is good: one sentence should say what changes.
#
# | part | change | somebody who did it |
# |---|---|---|
# | windows | strips: `1 x M*M`, then `M*M x 1` | [CSWin](https://arxiv.org/abs/2107.00652) |
# | windows | gaps in every second block in place of the shift | [MaxViT](https://arxiv.org/abs/2204.01697) |
# | shift | another amount than `M // 2`, or a new one in each block | - |
# | bias | a function of the distance only, or one table for all blocks of a stage | - |
# | bias | a small MLP that gives the bias of any offset | [Swin V2](https://arxiv.org/abs/2111.09883) |
# | attention | cosine in place of the dot product | [Swin V2](https://arxiv.org/abs/2111.09883) |
# | MLP | a 3 x 3 convolution for each channel inside it | [PVT v2](https://arxiv.org/abs/2106.13797) |
# | merging | a 3 x 3 convolution, stride 2; or the mean of four | [CvT](https://arxiv.org/abs/2103.15808) |
# | head | no mean: attention of one learned token to all | [CaiT](https://arxiv.org/abs/2103.17239) |
#
# ## A bench to work on
#
# `train` builds the small Swin of the course, lets *you* change it, and trains it. So the two sides of your
# comparison share everything else: data, order of the images, recipe, seed. The example changes nothing:
# that is the first test of any bench.


# %%
def train(change, seed, data, epochs, **options):
    """change(model) -> model is your idea; returns how many test images are named rightly, and seconds."""
    settings = TrainingSettings(model_options=options, seed=seed, epochs=epochs, batch_size=64)
    training = Training(settings, data=data)
    torch.manual_seed(seed)  # what your change draws follows from the seed, too
    training.model = change(training.model)
    training.optimizer = make_optimizer(training.model, settings)
    started = time.perf_counter()
    *_, last = (record for record in training.steps() if isinstance(record, EpochRecord))
    return round(last.test_accuracy * len(data[1])), time.perf_counter() - started


def nothing(model):
    """Swin as it is."""
    return model


data = make_shapes(4000), make_shapes(1000, "test")  # or two splits of load_dataset("cifar10", ...)
print(data[0], "and", len(data[1]), "to test")
print("parameters of the network:", f"{swin_edu.count_parameters(swin_edu.swin_cifar()):,}")


# %% [markdown]
# And an example of a change: every merging becomes the mean of its four tokens, behind the same norm and
# matrix. Each stage keeps its merging under `stage.merging`, its blocks under `stage.blocks`.


# %%
class MeanMerging(nn.Module):
    """(B, H, W, C) -> (B, ceil(H/2), ceil(W/2), 2C)"""

    def __init__(self, channels):
        super().__init__()
        self.norm = nn.LayerNorm(channels)
        self.reduction = nn.Linear(channels, 2 * channels, bias=False)

    def forward(self, tokens):
        groups = swin_edu.gather_neighbours(tokens)
        return self.reduction(self.norm(groups.unflatten(-1, (4, -1)).mean(dim=-2)))


def with_mean_merging(model):
    for stage in model.stages:
        if isinstance(stage.merging, PatchMerging):
            stage.merging = MeanMerging(stage.merging.reduction.in_features // 4)
    return model


# %% [markdown]
# Tests come with it. Note what each could find, and that the last one is a *broken* version on purpose: a
# test that cannot fail is none.

# %%
torch.manual_seed(0)
merging = MeanMerging(6).double()
tokens = torch.randn(2, 5, 8, 6, dtype=torch.float64)
alike = tokens[:, :1, :1].expand(2, 4, 6, 6)
assert merging(tokens).shape == (2, 3, 4, 12), "odd sizes: rounded up"
assert torch.allclose(merging(alike), merging(alike[:, :2, :2]).expand(2, 2, 3, 12)), (
    "equal tokens, equal groups"
)
turned = tokens[:, :4].transpose(1, 2)
assert torch.allclose(merging(turned), merging(tokens[:, :4]).transpose(1, 2)), "a mean knows no order"
official = PatchMerging(6).double()
assert not torch.allclose(official(turned), official(tokens[:, :4]).transpose(1, 2)), (
    "but the official one does"
)
print("four tests, all green")

# %% [markdown] question="proposal" points=8
# ## 1. Proposal (8 points)
#
# Half a page, before you write code:
#
# - **The change**, in one sentence, with the equation or the shape that changes.
# - **The claim:** what will be different, by about how much, and why. Name the mechanism.
# - **The measure:** on which data; accuracy, or another number; parameters and time of both sides.
# - **What would prove you wrong?** A number.
# - **The budget:** minutes a run (try one epoch), variants, seeds. What you leave out if it takes longer.
#
# | points | |
# |---|---|
# | 2 | one change, said exactly; it differs from Swin in nothing else |
# | 2 | a claim with a mechanism that the course or a paper supports |
# | 2 | a measure that fits the claim, and a number that would refute it |
# | 2 | a budget that adds up, with at least three seeds for each side |
#
# ### BEGIN MARK SCHEME
# By the table. Half the points of a line where the thing is there but vague ("it will be better", "some
# seeds"). A change that is really two (such as new windows *and* no bias) loses the first line, unless one
# is named as a control. The claim may be that nothing changes: then "how small is nothing" must be said.
# Typical: a claim on ImageNet with a budget for CIFAR-10; a change that needs more parameters, compared
# without saying so; "state of the art" as a measure.
# ### END MARK SCHEME

# %% tags=["free"]
# Part 1: cells of your own, such as a first timing of one epoch.

# %% [markdown] question="implementation" points=8
# ## 2. Implementation and tests (8 + 8 points)
#
# **The code (8 points).** Write your change as functions and modules in the cells below this text and its
# answer. Then say here in five sentences: what is new, what is reused, and what was hard.
#
# | points | |
# |---|---|
# | 3 | it does what the proposal says, for grids that are not square and sizes that do not divide |
# | 2 | shapes at every step; names in the words of the field; no copied file of a library |
# | 1 | weights of the parts that did not change can be loaded from a Swin checkpoint, or it is said why not |
# | 2 | parameters and multiply-adds of both sides are counted |
#
# ### BEGIN MARK SCHEME
# By the table; run the student's tests, then one of your own: a grid of 5 x 9 tokens, a batch of 2,
# float64, and the same call twice (no state left behind). Code that only works for square or divisible
# sizes: at most 1 of the first 3 points, full if it refuses with a clear error and the report says so.
# ### END MARK SCHEME

# %% tags=["free"]
# Part 2: your change.

# %% [markdown] question="tests" points=8
# **The tests (8 points).** Write tests as `assert` lines or functions, in cells below. Say here what each
# of them would find, and which broken version you tried it on.
#
# | points | |
# |---|---|
# | 2 | switched off (or set to the case that is Swin), it gives Swin's numbers to 10 digits |
# | 2 | it agrees with its definition, written slowly with loops, on random numbers |
# | 2 | not square, batch above 1, a size that does not divide, float64 |
# | 2 | at least two broken versions, each caught by a test |
#
# ### BEGIN MARK SCHEME
# By the table. Tests of shapes alone: at most 2 points in all. A slow version that calls the fast one: no
# points for the second line. A broken version that raises an error of its own accord shows nothing: half a
# point. Where "switched off" does not exist for a change, a test of the parts around it takes its place.
# ### END MARK SCHEME

# %% tags=["free"]
# Part 2: your tests.

# %% [markdown] question="experiment" points=12
# ## 3. The experiment (12 points)
#
# Train both sides, with equal settings and the same seeds. Keep every number: one dict `measured` in a cell
# below, filled by hand or from a file, so that all tables and pictures come from it when `TRAIN` is
# `False`. Say here what was run, on which machine, how long it took, and what went wrong on the way.
#
# | points | |
# |---|---|
# | 3 | equal conditions: data, recipe, epochs, seeds; parameters and time of both sides beside the result |
# | 3 | at least three seeds for each side, all of them reported |
# | 2 | mean, standard error and a paired comparison (assignment 5) |
# | 2 | a control that separates your mechanism from its side effects (as many parameters, as much time) |
# | 2 | pictures with named axes, each with one message |
#
# ### BEGIN MARK SCHEME
# By the table. One seed for each side: at most 5 points in all. The best of several runs in place of the
# mean: no points for the second and third line. Settings tuned for one side only: first line at most 1. The
# test images used to choose epochs or settings: take off 2, unless the report says so and names the
# consequence.
# ### END MARK SCHEME

# %% tags=["free"]
# Part 3: your runs. For example:
variants = {"Swin": nothing, "mean merging": with_mean_merging}
if TRAIN:
    for seed, (name, change) in itertools.product((0, 1, 2), variants.items()):
        right, seconds = train(change, seed, data, epochs=8)
        print(f"{name}, seed {seed}: {right} of {len(data[1])}, {seconds:.0f} s")

# %% tags=["free"]
# Part 3: your numbers, tables and pictures.
measured = {}
training_figures.runs(measured, len(data[1]), chance=0.1) if measured else print("nothing measured yet")

# %% [markdown] question="report" points=14
# ## 4. The report (14 points)
#
# Two pages at most, for somebody who knows Swin but not your project. Question; change; set-up; results;
# what they mean; what they do not mean; what you would do with ten times the budget. End with three
# sentences for your grandmother.
#
# | points | |
# |---|---|
# | 2 | the question and the answer stand at the top, and the numbers carry the answer |
# | 3 | the result is explained by a mechanism, and something was done to look at the mechanism itself |
# | 3 | limits: size of data and network, seeds, tuning; what would be different on ImageNet, with a reason |
# | 2 | compared with what others found, with sources |
# | 2 | it can be repeated: settings, versions, seeds, time |
# | 2 | clear, short, honest about what did not work; who did what |
#
# ### BEGIN MARK SCHEME
# By the table. For a negative result the same table holds: "no difference larger than x points, with n
# seeds" is an answer. "Looked at the mechanism": attention maps, reach of a token, an ablation of the
# change, a case that was made for it (as the stairs of assignment 5). An answer that says more than the
# numbers ("proves", "always", "better" without how much) loses the first line. Excellent work may be kept
# as an example for the next class, if its authors agree.
# ### END MARK SCHEME
