"""Two answers side by side: never larger than a screen, with lines exactly where something differs."""

import io

import numpy as np
import pytest
from PIL import Image

from swin_edu.visuals.answer_figures import Cells, Comparison, answers_beside, borders, cell_size
from swin_edu.visuals.sheet import rgb


def comparison(rows: int, columns: int, **more: object) -> Comparison:
    texts = np.full((rows, columns), "-0.75", dtype=object)
    wrong = np.zeros((rows, columns), bool)
    wrong[rows // 2, columns // 2] = True
    white = Cells(np.ones((rows, columns, 3)), texts)
    return Comparison(white, white, wrong, "A caption of about as many words as one has. " * 2, **more)


@pytest.mark.parametrize("labels", [{}, {"across": "key", "down": "query"}])
@pytest.mark.parametrize("place", [None, Cells(np.ones((8, 12, 3))), Cells(np.ones((1, 40, 3)))])
@pytest.mark.parametrize("size", [(1, 1), (8, 12), (1, 12), (34, 8), (80, 100), (4, 2)])
def test_no_picture_is_larger_than_760_by_320(size, place, labels):
    more = {"place": place, "place_title": "the tokens"} if place else {}
    picture = answers_beside(comparison(*size, **more, **labels))
    width, height = Image.open(io.BytesIO(picture.png)).size
    assert width == 2 * picture.width <= 2 * 760
    assert height <= 2 * 320


def test_an_8_by_12_grid_has_room_for_numbers():
    assert cell_size(comparison(8, 12)) > 25


def test_borders_go_around_the_chosen_cells_together():
    chosen = np.array([[0, 0, 0], [0, 1, 1]])
    lines = {frozenset(map(tuple, line)) for line in borders(chosen, frame=False, around=1)}
    around = [((1, 1), (2, 1)), ((2, 1), (3, 1)), ((1, 1), (1, 2)), ((3, 1), (3, 2)), ((1, 2), (2, 2))]
    assert lines == {frozenset(line) for line in [*around, ((2, 2), (3, 2))]}


def test_walls_stand_between_different_names_and_at_the_edge_if_asked():
    names = np.array([[0, 0, 1]])
    assert borders(names, frame=False) == [[(2, 0), (2, 1)]]
    assert len(borders(names, frame=True)) == 1 + 2 * (1 + 3)


def test_only_the_wrong_cell_is_outlined_and_only_what_is_drawn_changes_the_file():
    """Where the two answers agree, the picture of a wrong answer has no line of that colour."""
    one = comparison(8, 12)
    pixels = np.asarray(
        Image.open(io.BytesIO(answers_beside(one).png)).convert("RGBA").convert("RGB")
    ).astype(int)
    orange = np.abs(pixels - 255 * rgb("series_1")).sum(axis=-1) < 60
    rows, columns = orange.nonzero()
    size = 2 * cell_size(one)
    top, left = 2 * (22 + 20), 2 * 22  # of the first cell, in pixels of the file
    assert top + 3.8 * size < rows.min() < rows.max() < top + 5.2 * size
    first = columns[columns < pixels.shape[1] / 2]
    assert left + 5.8 * size < first.min() < first.max() < left + 7.2 * size
    assert answers_beside(one).png == answers_beside(comparison(8, 12)).png


def test_the_description_says_how_much_differs_and_what_is_seen():
    words = answers_beside(comparison(2, 3)).description
    assert words.startswith("Expected beside yours: 1 of 6 cells differ. A caption")
