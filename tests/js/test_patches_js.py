"""The browser's patches, numbers, matrix, tokens and sentences are Python's, for every kind of image."""

import random

import numpy as np
import pytest
import torch

from swin_edu import patchify
from swin_edu.visuals import PatchExplorer
from swin_edu.visuals.patch_facts import PatchFacts, as_pixels, embedding_matrix

EXPLORER = "patch_explorer.js"
IMAGE = "({ data: Uint8Array.from(c.data), height: c.height, width: c.width })"


def images(count: int) -> list[dict]:
    """Small random images with a patch size and a patch: square and not, divided by it and not."""
    draw, cases = random.Random(0), []
    pixels = np.random.default_rng(0)
    for _ in range(count):
        height, width, side = draw.randint(1, 20), draw.randint(1, 20), draw.randint(2, 9)
        data = pixels.integers(0, 256, height * width * 3).tolist()
        patch = [draw.randrange(-(-height // side)), draw.randrange(-(-width // side))]
        cases.append({"data": data, "height": height, "width": width, "side": side, "patch": patch})
    return cases


CASES = images(150)


def facts_of(case: dict, number: int = 0) -> PatchFacts:
    pixels = {"data": bytes(case["data"]), "height": case["height"], "width": case["width"]}
    return PatchFacts(pixels, case["side"], tuple(case["patch"]), number)


def test_the_cases_hold_every_kind():
    padded = sum(facts_of(case).padding > 0 for case in CASES)
    square = sum(case["height"] == case["width"] for case in CASES)
    assert min(padded, len(CASES) - padded, square) >= 5


def test_numbers_and_padding_equal_patchify(run_javascript):
    answers = run_javascript(
        EXPLORER,
        f"(image => [[...patchNumbers(image, c.side, c.patch)], paddingOf(image, c.side, c.patch)])({IMAGE})",
        CASES,
    )
    for case, (numbers, padding) in zip(CASES, answers, strict=True):
        facts = facts_of(case)
        expected = patchify(facts.images, case["side"])[0, case["patch"][0], case["patch"][1]]
        torch.testing.assert_close(torch.tensor(numbers), expected)
        assert padding == facts.padding


def test_the_grid_is_the_same(run_javascript):
    answers = run_javascript(EXPLORER, f"patchGrid({IMAGE}, c.side)", CASES)
    for case, answer in zip(CASES, answers, strict=True):
        assert (answer["rows"], answer["columns"]) == facts_of(case).grid


def test_a_place_and_its_pixel_lead_to_each_other_and_to_the_same_number(run_javascript):
    cases = [[side, place] for side in (2, 3, 4, 7) for place in range(3 * side * side)]
    answers = run_javascript(
        EXPLORER, "(at => [at, numberPlace(c[0], at, at[2])])(pixelOfPlace(...c))", cases
    )
    for (side, place), ((row, column, colour), back) in zip(cases, answers, strict=True):
        assert back == place
        numbered = torch.arange(3 * side * side).view(1, side, side, 3).permute(0, 3, 1, 2)
        patch = patchify(numbered, side)[0, 0, 0]
        assert patch[place] == numbered[0, colour, row, column]


@pytest.mark.parametrize("side", [2, 3, 4, 7, 32])
def test_the_matrix_is_the_same(run_javascript, side):
    (answer,) = run_javascript(EXPLORER, "[...embeddingMatrix(c)]", [side])
    expected = embedding_matrix(side)
    torch.testing.assert_close(torch.tensor(answer, dtype=torch.float64).view_as(expected), expected)


def test_tokens_are_the_same(run_javascript):
    expression = f"[...embedNumbers(embeddingMatrix(c.side), patchNumbers({IMAGE}, c.side, c.patch))]"
    for case, answer in zip(CASES[:60], run_javascript(EXPLORER, expression, CASES[:60]), strict=True):
        token = torch.tensor(answer, dtype=torch.float64)
        torch.testing.assert_close(token, facts_of(case).token, rtol=0, atol=1e-6)


def test_the_sentence_is_the_one_that_python_says(run_javascript):
    said = run_javascript(EXPLORER, f"describePatch({IMAGE}, c.side, c.patch)", CASES)
    assert said == [facts_of(case).sentence() for case in CASES]


def test_large_numbers_are_grouped_as_in_python(run_javascript):
    pixels = as_pixels(np.zeros((120, 144, 3), dtype=np.uint8))
    case = {"data": [0], "height": 120, "width": 144, "side": 2, "patch": [0, 0]}
    (small,) = run_javascript(EXPLORER, f"describePatch({IMAGE}, c.side, c.patch)", [case])
    (large,) = run_javascript(EXPLORER, f"describePatch({IMAGE}, c.side, c.patch)", [{**case, "side": 32}])
    assert small == PatchFacts(pixels, 2, (0, 0), 0).sentence()
    assert large == PatchFacts(pixels, 32, (0, 0), 0).sentence()
    assert "4,320 tokens" in small
    assert "3,072 numbers" in large


def test_the_sentence_on_a_number_adds_up(run_javascript):
    """What it says of value, weight and product is of that place, in that row."""
    (said,) = run_javascript(EXPLORER, "describeNumber(4, [1, 2, 1], 0.5, -0.12, 17)", [None])
    assert said == (
        "Place 19 = (1 × 4 + 2) × 3 + 1 holds the green of the patch's pixel (1, 2). "
        "0.50 times the weight −0.12 adds −0.06 to number 17 of the token."
    )


def test_the_python_line_is_the_same_and_gives_the_numbers():
    for size, patch in ((4, (3, 5)), (7, (17, 20)), (32, (3, 4))):
        explorer = PatchExplorer(size, patch=patch)
        numbers = eval(explorer.code, {"patchify": patchify, "explorer": explorer})
        assert torch.equal(numbers, explorer.facts.numbers)


def test_the_python_line_is_the_same_in_the_browser(run_javascript):
    (line,) = run_javascript(EXPLORER, "patchLine(c)", [{"patch_size": 8, "patch": [3, 5]}])
    assert line == PatchExplorer(8, patch=(3, 5)).code
