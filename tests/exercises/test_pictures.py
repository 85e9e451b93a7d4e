"""A wrong answer is drawn beside the expected one: the right piece, what differs, in notebooks only."""

import io
import subprocess
import sys
import types

import IPython
import nbformat
import numpy as np
import pytest
import torch
from nbclient import NotebookClient
from PIL import Image

from swin_edu import exercises, region_ids
from swin_edu.exercises import Exercise, showing
from swin_edu.exercises.answers import same_answer
from swin_edu.exercises.moved import origins
from swin_edu.exercises.pictures import compare
from swin_edu.exercises.running import run
from swin_edu.exercises.scenes import SCENES, Scene, scene_of
from swin_edu.visuals.answer_figures import answers_beside
from swin_edu.visuals.sheet import rgb

ALL = exercises.list()


def first_wrong(exercise, function):
    """(arguments, expected, got) of the first case where an answer comes and is wrong."""
    for arguments in exercise.cases():
        outcome, expected = run(function, arguments), exercise.reference(*arguments)
        if outcome.error is None and not same_answer(outcome.got, expected):
            return arguments, expected, outcome.got
    return None


@pytest.mark.parametrize("exercise", ALL, ids=lambda exercise: exercise.name)
def test_every_known_mistake_whose_answer_has_the_right_form_has_a_picture(exercise):
    drawn = False
    for mistake in exercise.mistakes.values():
        if (found := first_wrong(exercise, mistake.function)) is None:
            continue
        arguments, expected, got = found
        comparison = compare(expected, got, scene_of(exercise.name, arguments), arguments)
        if isinstance(expected, torch.Tensor):
            assert (comparison is not None) == (expected.shape == got.shape and expected.dtype == got.dtype)
        if comparison is None:
            continue
        assert comparison.wrong.any()
        for cells in (comparison.expected, comparison.got):
            assert cells.fills.shape[:2] == comparison.wrong.shape
        if not drawn:  # one a kind: drawing all takes a minute
            picture = answers_beside(comparison)
            width, height = Image.open(io.BytesIO(picture.png)).size
            assert width <= 2 * 760
            assert height <= 2 * 320
            drawn = True
    assert drawn or not isinstance(exercise.reference(*exercise.cases()[0]), torch.Tensor)


def test_every_scene_belongs_to_an_exercise_and_takes_its_cases():
    assert set(SCENES) <= {exercise.name for exercise in ALL}
    for exercise in ALL:
        for arguments in exercise.cases():
            assert isinstance(scene_of(exercise.name, arguments), Scene)


def test_a_mask_is_shown_by_the_first_window_that_differs_in_the_colours_of_its_regions():
    arguments = (8, 12, 4, 4, 1, 1)
    expected = exercises.mask_any.reference(*arguments)
    got = expected.clone()
    got[2, 1, 3], got[5, 0, 0] = ~got[2, 1, 3], ~got[5, 0, 0]
    shown = compare(expected, got, scene_of("mask_any", arguments), arguments)
    assert np.argwhere(shown.wrong).tolist() == [[1, 3]]
    assert "Window 2 of 0 to 5, the first that differs (2 do)" in shown.caption
    regions = region_ids(8, 12, 4, 1)
    assert shown.place.texts.tolist() == [[str(i) for i in row] for row in regions.tolist()]
    assert np.argwhere(shown.outlined).tolist() == [[r, c] for r in range(4) for c in range(8, 12)]
    window = regions[:4, 8:].flatten().tolist()
    assert shown.expected.fills[0, 0].tolist() == rgb(f"region_{window[0]}").tolist()
    assert shown.expected.fills[0, 3].tolist() == rgb("masked").tolist()  # region 1 does not see region 2
    assert shown.got.fills[1, 3].tolist() == rgb("region_1").tolist()


def test_a_mask_without_a_grid_has_a_colour_for_each_set_of_tokens_that_meet():
    arguments = exercises.video_mask.cases()[0]
    expected = exercises.video_mask.reference(*arguments)
    got = expected.clone()
    got[9, 6, 9] = ~got[9, 6, 9]
    shown = compare(expected, got, scene_of("video_mask", arguments), arguments)
    rows = [tuple(row) for row in expected[9].int().tolist()]
    assert len(set(rows)) == 4
    colours = [tuple(shown.expected.fills[token, token].tolist()) for token in range(len(rows))]
    assert [rows.index(row) for row in rows] == [colours.index(colour) for colour in colours]
    assert shown.caption.endswith("Rows of one colour may attend to the same tokens.")


def test_a_grid_of_tokens_is_drawn_whole_and_marks_what_differs_and_the_token():
    arguments = (8, 12, 4, 2, 2, 5)
    expected = exercises.who_hears_after.reference(*arguments)
    got = expected.clone()
    got[0, 0], got[7, 11] = ~got[0, 0], ~got[7, 11]
    shown = compare(expected, got, scene_of("who_hears_after", arguments), arguments)
    assert shown.wrong.shape == (8, 12)
    assert np.argwhere(shown.wrong).tolist() == [[0, 0], [7, 11]]
    assert np.argwhere(shown.got.texts == "●").tolist() == [[2, 5]]


@pytest.mark.parametrize(
    ("shape", "place", "plane", "cell", "caption"),
    [
        ((2, 3, 4, 5), (1, 2, 0, 3), (3, 4), (2, 0), "answer[1, :, :, 3]"),
        ((3, 4, 5), (2, 1, 3), (4, 5), (1, 3), "answer[2, :, :]"),
        ((24,), (13,), (2, 12), (1, 1), ""),
        ((13,), (12,), (1, 12), (0, 11), "Numbers 1 to 12 of 13"),
        ((6, 7), (5, 6), (6, 7), (5, 6), ""),
        ((90, 90), (60, 70), None, None, "Rows 56 to 69, columns 63 to 85 of 90 x 90"),
    ],
)
def test_a_large_answer_is_shown_by_the_piece_with_the_first_difference(shape, place, plane, cell, caption):
    expected = torch.ones(shape, dtype=torch.int64)
    got = expected.clone()
    got[place] = 7
    shown = compare(expected, got)
    assert caption in shown.caption
    assert shown.wrong.sum() == 1
    where = tuple(np.argwhere(shown.wrong)[0])
    assert (shown.expected.texts[where], shown.got.texts[where]) == ("1", "7")
    if plane:
        assert (shown.wrong.shape, where) == (plane, cell)


def test_numbers_that_were_moved_are_named_by_the_token_they_come_from():
    tokens, window = exercises.cut_windows.cases()[1]
    expected = exercises.cut_windows.reference(tokens, window)
    got = expected.clone()
    got[1, 0, 0], got[1, 3, 3] = expected[1, 3, 3], expected[7, 0, 0]  # the last is of the other image
    shown = compare(expected, got, scene_of("cut_windows", (tokens, window)), (tokens, window))
    assert np.argwhere(shown.wrong).tolist() == [[0, 0], [3, 3]]
    assert shown.expected.texts[0].tolist() == ["4", "5", "6", "7"]
    assert shown.got.texts[0].tolist() == ["43", "5", "6", "7"]
    assert shown.got.texts[3, 3] == "1:4"
    assert shown.place.fills.shape[:2] == (8, 12)


def test_a_patch_is_shown_number_by_number_with_the_zeros_of_its_padding():
    tokens, size = torch.randn(2, 3, 4, 2, generator=torch.Generator().manual_seed(0)), 2
    expected = exercises.gather_blocks.reference(tokens, size)
    got = expected.clone()
    got[0, 1, 1] = expected[0, 0, 0]
    shown = compare(expected, got, scene_of("gather_blocks", ()), (tokens, size))
    assert shown.expected.texts.tolist() == [["10", "10", "0", "0", "11", "11", "0", "0"]]
    assert shown.got.texts.tolist() == [["0", "0", "4", "4", "1", "1", "5", "5"]]
    assert "Token (1, 1) of image 0" in shown.caption


def test_pixels_of_images_are_counted_row_by_row_and_coloured_by_channel():
    arguments = exercises.cut_patches.cases()[0]  # 8 x 12 pixels, patches of 4
    expected = exercises.cut_patches.reference(*arguments)
    got = exercises.cut_patches.mistakes["channels_first"].function(*arguments)
    shown = compare(expected, got, scene_of("cut_patches", arguments), arguments)
    assert shown.expected.texts[0].tolist() == [str(n) for n in (0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3)]
    assert shown.got.texts[0].tolist() == [str(n) for n in (0, 1, 2, 3, 12, 13, 14, 15, 24, 25, 26, 27)]
    assert len(np.unique(shown.expected.fills[0], axis=0)) == 3
    assert len(np.unique(shown.got.fills[0], axis=0)) == 1
    back = compare(arguments[0], arguments[0].flip(-1), scene_of("join_patches", ()), (expected, 4, 4))
    assert back.expected.texts[1, :5].tolist() == ["12", "15", "18", "21", "12"]  # channel 0 of two patches
    assert back.got.texts[1, :5].tolist() == ["21", "18", "15", "12", "21"]


def test_numbers_that_were_computed_or_stand_twice_in_the_input_are_shown_as_numbers():
    tokens, window = exercises.cut_windows.cases()[1]
    expected = exercises.cut_windows.reference(tokens, window)
    scene = scene_of("cut_windows", ())
    assert compare(expected, expected + 0.25, scene, (tokens, window)).got.texts[0, 1] == "3.2"  # 3.25
    assert compare(expected, expected * 0, scene, (tokens * 0, window)).got.texts[0, 1] == "0"
    alike = compare(torch.tensor([[300.0, 1.0]]), torch.tensor([[300.0, 1.004]]))
    assert (alike.expected.texts[0, 1], alike.got.texts[0, 1]) == ("1.000", "1.004")
    assert origins(torch.ones(2), torch.ones(2)) is None


@pytest.mark.parametrize(
    ("expected", "got"),
    [
        (torch.zeros(2, 3), torch.zeros(3, 2)),
        (torch.zeros(2), torch.zeros(2, dtype=torch.int64)),
        (torch.zeros(2), [0.0, 0.0]),
        (torch.zeros(2), None),
        (torch.zeros(2), torch.zeros(2)),
        (3, 3),
        (torch.zeros(2), "zeros"),
    ],
)
def test_what_cannot_be_laid_beside_each_other_has_no_picture(expected, got):
    report = exercises.Report("scale", False, "", expected=expected, got=got)
    assert showing.picture_of(report, ()) is None


def test_strange_numbers_are_drawn():
    got = torch.tensor([[float("nan"), float("inf")], [-float("inf"), 0.0]])
    shown = compare(torch.zeros(2, 2), got)
    assert shown.got.texts.tolist() == [["nan", "inf"], ["-inf", "0.00"]]
    assert answers_beside(shown).png


# ---- where it is shown ------------------------------------------------------------------------------


@pytest.fixture
def shown(monkeypatch, tmp_path):
    """As in the kernel of a notebook; the list of what is displayed."""
    monkeypatch.setenv("SWIN_EDU_PROGRESS", str(tmp_path / "progress.json"))
    displayed = []
    kernel = types.SimpleNamespace(kernel=object())
    monkeypatch.setattr(IPython, "get_ipython", lambda: kernel)
    monkeypatch.setattr("IPython.display.display", displayed.append)
    return displayed


def test_a_notebook_shows_the_picture_once_under_the_verdict(shown, capsys):
    report = exercises.mask_1d.check(lambda length, M, s: ~exercises.mask_1d.reference(length, M, s))
    assert capsys.readouterr().out == f"{showing.lines_of(report)}\n"
    assert [picture.description[:22] for picture in shown] == ["Expected beside yours:"]
    exercises.block_parameters.check(lambda *_: 3)
    assert len(shown) == 2
    assert "yours" in repr(shown[1])


def test_nothing_is_shown_where_there_is_nothing_to_see_or_it_is_hidden(shown):
    mask = exercises.mask_1d
    mask.check(mask.reference)
    mask.check(lambda *_: None)
    mask.check(lambda *_: torch.ones(3) > 0)
    mask.check(lambda *_: 1 / 0)
    mask.examine(lambda *a: ~mask.reference(*a))
    mask.grade(lambda *a: ~mask.reference(*a), points=4)
    visible = [str(case) for case in mask.cases()]
    fits_only_these = mask.grade(lambda *a: mask.reference(*a) ^ (str(a) not in visible), points=4)
    assert shown == []
    assert fits_only_these <= 2 or not mask.draw


def test_an_error_in_drawing_spoils_no_check(shown, monkeypatch, capsys):
    def broken(*_):
        raise RuntimeError("no picture today")

    monkeypatch.setattr(showing, "picture_of", broken)
    report = exercises.mask_1d.check(lambda *a: ~exercises.mask_1d.reference(*a))
    assert report.mistake == "inverted"
    assert showing.lines_of(report) in capsys.readouterr().out
    assert shown == []


def test_an_answer_of_a_strange_kind_spoils_no_check(shown):
    class Strange:
        def __eq__(self, other):
            return False

        def __repr__(self):
            raise ValueError("not today")

    exercise = Exercise("two", "00", "easy", 1, "Two things.", lambda: (1, "a"), lambda: [()])
    assert not exercise.check(lambda: (1, torch.ones(2)))
    with pytest.raises(ValueError, match="not today"):
        repr(Strange())
    showing.show(exercises.Report("two", False, "", expected=(1, 2), got=(1, Strange())), ())


def test_a_terminal_gets_text_only_and_draws_nothing():
    code = "from swin_edu import exercises as e; e.mask_1d.check(lambda *a: ~e.mask_1d.reference(*a)); "
    code += "import sys; print('matplotlib' in sys.modules, 'swin_edu.visuals' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.endswith("What does True mean in a mask of this course?\nFalse False\n")


def test_a_real_kernel_shows_the_verdict_and_then_the_picture():
    code = (
        "from swin_edu import exercises\nexercises.mask_1d.check(lambda *a: ~exercises.mask_1d.reference(*a))"
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    text, picture = notebook.cells[0].outputs
    first, second = text.text.splitlines()  # whole words, where JupyterLab would cut one
    assert first.startswith("mask_1d: case 1 of 3")
    assert len(first) <= showing.LETTERS
    assert second.endswith("in a mask of this course?")
    assert picture.metadata["image/png"]["width"] <= 760
    assert picture.metadata["image/png"]["alt"].startswith("Expected beside yours: ")
