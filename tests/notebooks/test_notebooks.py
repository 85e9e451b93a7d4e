"""Every notebook keeps the course's rules, and running them with nbval really compares something."""

import re
from itertools import pairwise
from pathlib import Path

import pytest
from nbformat import NotebookNode
from nbval.plugin import comment_markers, metadata_tags

from swin_edu.visuals.course_map import CHAPTERS

# The style of the course: a lesson is short, and so are its cells.
MOST_CELLS, MOST_WORDS, MOST_LINES = 45, 2000, 15
# Code cells whose text nbval must have something to compare with; the rest define functions or show pictures.
LEAST_COMPARED = {"00_start_here": 6, "03_shifted_windows": 19}
LEAST_SHARE_COMPARED = 0.6
OUR_TAGS = {"self-check", "raises-exception"}
# What a network has learned after hundreds of steps differs in the digits between processors, and live curves
# differ from run to run. So many cells of a lesson may keep such an output without its being compared.
UNCOMPARED = "nbval-ignore-output"
MOST_UNCOMPARED = {"08_train_cifar": 5, "09_imagenet_subset": 6}
# What another machine, folder or moment would print differently.
UNSTABLE = re.compile(
    r"0x[0-9a-f]{6,}|/home/|/root/|/tmp/|/Users/|\\Users\\|site-packages|\.venv|\d\d:\d\d:\d\d|\d\.\d+ ?m?s\b"
)
CHECKED_WITHOUT_KERNEL = re.compile(r"<details><summary>(.+?)</summary>(.*?)</details>", re.DOTALL)


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def markdown(notebook: NotebookNode) -> list[str]:
    return [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]


def texts(cell: NotebookNode) -> list[str]:
    """The text outputs of a cell, which nbval compares."""
    return [
        output.text if output.output_type == "stream" else output.data["text/plain"]
        for output in cell.outputs
        if output.output_type == "stream" or "text/plain" in output.get("data", {})
    ]


def pictures(notebook: NotebookNode) -> list[NotebookNode]:
    outputs = [output for cell in code_cells(notebook) for output in cell.outputs]
    return [output for output in outputs if "image/png" in output.get("data", {})]


def test_every_code_cell_was_run_once_from_top_to_bottom(notebook: NotebookNode) -> None:
    counts = [cell.execution_count for cell in code_cells(notebook)]
    assert counts == list(range(1, len(counts) + 1))


def test_nbval_compares_enough_cells(notebook: NotebookNode, source: Path) -> None:
    compared = [
        cell
        for cell in code_cells(notebook)
        if cell.execution_count
        and any(map(str.strip, texts(cell)))
        and UNCOMPARED not in cell.metadata.get("tags", [])
    ]
    assert len(compared) >= LEAST_COMPARED.get(source.stem, 10)
    assert len(compared) >= LEAST_SHARE_COMPARED * len(code_cells(notebook))


def test_no_nbval_marker_is_misspelled_or_switches_comparison_off(
    notebook: NotebookNode, source: Path
) -> None:
    uncompared = [cell for cell in code_cells(notebook) if UNCOMPARED in cell.metadata.get("tags", [])]
    assert len(uncompared) <= MOST_UNCOMPARED.get(source.stem, 0)
    for cell in code_cells(notebook):
        tags = set(cell.metadata.get("tags", [])) - {UNCOMPARED}
        assert tags <= OUR_TAGS, f"tag {tags} is not one of {OUR_TAGS}; nbval would ignore a misspelled one"
        for line in cell.source.splitlines():
            assert not re.search(r"#.*nbval|#\s*PYTEST_VALIDATE", line, re.IGNORECASE), line


def test_the_guard_knows_every_marker_that_changes_what_nbval_does() -> None:
    assert set(metadata_tags) & OUR_TAGS == {"raises-exception"}
    assert metadata_tags[UNCOMPARED] == ("check", False)
    assert all(re.match("NBVAL|PYTEST_VALIDATE", name) for name in comment_markers)


def test_no_output_depends_on_machine_folder_or_time(notebook: NotebookNode) -> None:
    for cell in code_cells(notebook):
        for output in cell.outputs:
            assert output.output_type != "error"
            assert output.get("name") != "stderr"
        for text in texts(cell):
            assert not (found := UNSTABLE.search(text)), f"{found[0]!r} in the output of\n{cell.source}"


@pytest.mark.parametrize(
    "text", ["<Axes at 0x7f3bb0>", "/tmp/run", "12:03:59", "took 3.1 s", "1.25ms a step"]
)
def test_the_guard_sees_what_is_unstable(text: str) -> None:
    assert UNSTABLE.search(text)


def test_the_notebook_is_short_and_so_are_its_cells(notebook: NotebookNode) -> None:
    assert len(notebook.cells) <= MOST_CELLS
    assert sum(len(text.split()) for text in markdown(notebook)) <= MOST_WORDS
    for cell in code_cells(notebook):
        lines = [line for line in cell.source.splitlines() if line.strip()]
        assert len(lines) <= MOST_LINES, cell.source


def test_every_picture_is_described_in_words(notebook: NotebookNode) -> None:
    for output in pictures(notebook):
        words = output.metadata["image/png"]["alt"]
        assert len(words.split()) >= 5
        assert not output.data["text/plain"].startswith("<"), "an object without a text of its own"


def test_headings_start_with_one_title_and_skip_no_level(notebook: NotebookNode) -> None:
    levels = [len(h) for text in markdown(notebook) for h in re.findall(r"^(#+) ", text, re.MULTILINE)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_every_link_to_a_file_leads_somewhere(notebook: NotebookNode, source: Path) -> None:
    html = [
        o.data["text/html"]
        for c in code_cells(notebook)
        for o in c.outputs
        if "text/html" in o.get("data", {})
    ]
    for text in (*markdown(notebook), *html):
        for link in re.findall(r"\]\(([^)\s]+)\)|href=\"([^\"]+)\"", text):
            link = "".join(link)
            assert link.startswith("https://") or (source.parents[1] / link).is_file(), link


def test_every_question_explains_each_choice_without_a_kernel(notebook: NotebookNode) -> None:
    text = "\n".join(markdown(notebook))
    found = CHECKED_WITHOUT_KERNEL.findall(text)
    assert text.count("<details>") == text.count("</details>") == len(found)
    assert all(len(explanation.split()) >= 5 for _, explanation in found)
    choices = [summary[0] for summary, _ in found if re.match(r"[A-D]\. ", summary)]
    assert len(choices) >= 3, "a lesson asks at least one question with choices"
    assert len([1 for _, explanation in found if explanation.startswith("Right")]) == choices.count("A")


def test_a_lesson_says_its_time_and_predicts_before_it_runs(notebook: NotebookNode, source: Path) -> None:
    text = "\n".join(markdown(notebook))
    (minutes,) = re.findall(r"\*\*Time:\*\* (\d+) minutes", text)
    assert 20 <= int(minutes) <= 40
    chapters = {chapter.name: chapter.minutes for chapter in CHAPTERS}
    assert chapters.get(source.stem, int(minutes)) == int(minutes), "the map says another time"
    least = 1 if source.stem.startswith("00") else 3
    assert text.count("**Predict.**") >= least


def test_metadata_holds_nothing_of_jupytext_or_widgets_and_all_of_the_language(
    notebook: NotebookNode,
) -> None:
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    keys = {
        "codemirror_mode",
        "file_extension",
        "mimetype",
        "name",
        "nbconvert_exporter",
        "pygments_lexer",
        "version",
    }
    assert set(notebook.metadata.language_info) == keys
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    assert all("execution" not in cell.metadata for cell in notebook.cells)
