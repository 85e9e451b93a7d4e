# %% [markdown]
# # Start here
#
# **You are going to build a Swin Transformer, one idea at a time**, and see every idea move on real
# photographs. At the end you will have made each part of the network yourself, and proved that it is right.
#
# - **Time:** 20 minutes for this page.
# - **You need:** Python, and PyTorch basics (tensors, `nn.Module`, a training loop). No GPU.
# - **Source:** Liu et al. 2021, *Swin Transformer*, [arXiv 2103.14030](https://arxiv.org/abs/2103.14030);
#   "the paper" from here on.
#
# First choose **Edit > Clear Outputs of All Cells**: you are going to predict them. Then click on a grey cell
# and press **Shift + Enter** to run it. Begin with the next one.

# %%
import sys

import torch

import swin_edu
from swin_edu import exercises
from swin_edu.visuals import ShiftExplorer, figures, photograph
from swin_edu.visuals.course_map import CourseMap

print("Python 3.11 or newer:", sys.version_info >= (3, 11))
print("torch 2.6 or newer: ", tuple(map(int, torch.__version__.split(".")[:2])) >= (2, 6))

# %% [markdown]
# Two times `True`? Then all is ready. (If not: run `swin-edu doctor` in a terminal; it says what to do.)
#
# ## One minute: who notices?
#
# Here is the whole of Swin-T, 28 million weights, not trained yet. It reads the photograph of a cat in
# patches of 4 x 4 pixels. We change *one* patch, beside the eye on the right, and ask which parts of its
# feature maps notice. In each *block*, the network cuts the picture into windows of 7 x 7 tokens, and a token
# learns only from its own window.
#
# **Predict.** First all windows stay fixed. Has the whole picture noticed after 10 of the 12 blocks?


# %%
def who_notices(model, row, column):
    """Change the patch at (row, column); a bool map for each stage, True where a feature changed."""
    changed = photo.clone()
    changed[:, :, 4 * row : 4 * row + 4, 4 * column : 4 * column + 4] += 1
    before, after = model.features(photo), model.features(changed)
    return [(x != y)[0].any(dim=0) for x, y in zip(before, after, strict=True)]


torch.set_grad_enabled(False)
torch.manual_seed(0)
photo = torch.tensor(photograph("chelsea")[6:294, 1:449]).permute(2, 0, 1)[None] / 255
stages = who_notices(swin_edu.swin_tiny(shift_windows=False).eval(), row=40, column=70)
fixed = dict(zip(("fixed windows, 2 blocks", "4 blocks", "10 blocks"), stages, strict=False))
figures.heard(photo[0], fixed, source=(40, 70))

# %% [markdown]
# It has not, and in this picture it never will: each time, one window of 49 tokens noticed. (The bright part
# grows only because the tokens do: 2 x 2 of them merge between stages, chapter 06.) The rest is behind a
# wall.
#
# Now the network of the paper: the same windows, but **shifted in every second block**. Not one weight
# more.

# %%
stages = who_notices(swin_edu.swin_tiny().eval(), row=40, column=70)
shifted = dict(zip(("shifted windows, 2 blocks", "4 blocks", "10 blocks"), stages, strict=False))
figures.heard(photo[0], shifted, source=(40, 70))

# %% [markdown]
# Everything notices. How such a small trick can do this, what it needs so that nothing leaks, and why it
# costs almost nothing: that is this course.
#
# The photograph has 288 x 448 pixels, by the way. Nobody told the network.
#
# ## Two minutes: play
#
# Drag the windows in panel 2. Point at a token: whom may it attend to? Panels 3 and 4 can wait for chapter
# 03. (If you can drag, your widgets work. If you only see a still picture, run the cell.)

# %%
ShiftExplorer(height=8, width=8, window_size=4, shift=2)

# %% [markdown]
# ## The map
#
# Row by row, from top to bottom. Each tile says what you can do at its end, how long it takes, and what you
# need before. **A blue tile is ready: click on it.** The others are being written. Once you have solved
# exercises and run this cell again, the tiles count them.

# %%
CourseMap(done=exercises.list().done_by_chapter())

# %% [markdown]
# Go from [01 Patches](01_patches.ipynb) to [07 The whole Swin](07_whole_swin.ipynb), a lesson a day, and you
# have built all of it; in [08](08_train_cifar.ipynb) you train it. In a hurry?
# [03 Shifted windows](03_shifted_windows.ipynb) is the heart of the course, and brings its own recap of
# chapter 02.
#
# ## How a lesson works
#
# Every chapter has the same rhythm:
#
# 1. **Question.** What is the problem?
# 2. **Predict.** Commit to an answer before you run. A wrong guess teaches more than a right reading.
# 3. **Run.** See what really happens.
# 4. **Play.** Drag, point, press keys in an explorer.
# 5. **Build.** Write the idea in small cells.
# 6. **Check.** Prove that your code and the library give the same numbers.
# 7. **Your turn.** Tasks that check themselves: a wrong answer is shown beside the expected one, and often
#    the check knows which mistake it is. You may leave them unsolved.
#
# Stuck at a task? Each call of `exercises.mask_1d.hint()` tells a little more, and
# `exercises.mask_1d.solution()` shows a solution to whoever is sure. `exercises.list()` shows all tasks, also
# those that no lesson sets. Which ones you solved is kept on this computer only, in
# `~/.swin_edu/progress.json`; `exercises.progress.forget()` deletes it.
#
# The notebooks come with their outputs, so that they can be read anywhere. To predict honestly, clear them
# when you open one.
#
# **Try it now.** What does Python print for `-1 // 4`? Choose, then open your answer.
#
# <details><summary>A. 0</summary>That is rounding towards zero, as C does it. Python's // rounds
# down.</details>
# <details><summary>B. -1</summary>Right: // rounds down, to floor(-0.25) = -1. Chapter 03 uses this to number
# windows.</details>
# <details><summary>C. -0.25</summary>That is the single slash, -1 / 4.</details>
#
# ## Keyboard
#
# | Key | What it does |
# |---|---|
# | Shift + Enter | run this cell, go to the next |
# | Esc, then arrow up or down | move between cells |
# | Enter | edit the cell |
# | Esc, then B | new cell below |
# | Esc, then Z | undo that |
# | Tab, Shift + Tab | complete a name; show its documentation |
# | Tab, then arrow keys | reach and move things in an explorer |
#
# If something hangs or looks odd: **Kernel > Restart Kernel and Run All Cells**.
#
# ## Notation
#
# The same letters everywhere, in text, code and pictures.
#
# | Letter | Meaning | Swin-T at 224 px, first stage |
# |---|---|---|
# | B | images in a batch | any |
# | H x W | token grid, rows x columns | 56 x 56 |
# | C | channels of a token | 96 |
# | M | window side (or Mh x Mw) | 7 |
# | N = M*M | tokens in a window | 49 |
# | nW | windows in an image | 64 |
# | h, d = C/h | heads, channels of a head | 3, 32 |
# | s | shift of the windows | 3 |
#
# - Tokens are `(B, H, W, C)`. Images and feature maps are `(B, C, H, W)`.
# - Row comes before column, always.
# - A mask is `True` where a token *may* attend, as in PyTorch.
#
# Look them up in the network itself:

# %%
config = swin_edu.SwinConfig()
(height, width), M, C, h = (224 // 4, 224 // 4), config.window_size, config.embed_dim, config.num_heads[0]
print(f"H x W = {height} x {width}, C = {C}, M = {M}, N = {M * M}")
print(f"nW = {height // M * (width // M)}, h = {h}, d = {C // h}, s = {M // 2}")

# %% [markdown]
# ## Colours
#
# Wherever attention and shifted windows are drawn, each colour has one meaning (*region* and *roll* are
# words of chapter 03). Other pictures have other colours, and say what they mean. All stay apart for
# colour-blind eyes.

# %%
figures.colours()

# %% [markdown]
# ## What you now know
#
# - Windows that stay fixed are walls; shifted windows let everything notice everything.
# - How to run, predict, play and check; what the letters and colours mean.
#
# **What comes next:** [01 Patches](01_patches.ipynb): why an image is not a sentence.
