"""The builder gives the same bytes each time, and says what differs where it does not."""

import base64
import io
import json
from pathlib import Path
from types import ModuleType

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output
from PIL import Image

TINY = """\
# %% [markdown]
# # A tiny notebook

# %% tags=["kept"]
print("one", flush=True)
print("two")
3
"""


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    path = tmp_path / "98_tiny.py"
    path.write_text(TINY)
    return path


def png(grey: int) -> str:
    file = io.BytesIO()
    Image.new("L", (2, 2), grey).save(file, "png")
    return base64.b64encode(file.getvalue()).decode()


def notebook_bytes(text: str = "3", grey: int = 0, version: str = "3.11.1", pictures: int = 1) -> bytes:
    outputs = [new_output("display_data", {"image/png": png(grey), "text/plain": text})] * pictures
    notebook = new_notebook(cells=[new_code_cell("1 + 2", id="a", outputs=outputs, execution_count=1)])
    notebook.metadata["language_info"] = {"name": "python", "version": version}
    return nbformat.writes(notebook).encode()


def test_each_notebook_is_what_its_source_gives(builder: ModuleType, source: Path) -> None:
    committed = (source.parents[1] / f"{source.stem}.ipynb").read_bytes()
    difference = builder.summarise_difference(committed, builder.build(source), tolerance=24)
    assert not difference, f"run `python notebooks/build.py {source.name[:2]}`; it changes:\n{difference}"


def test_two_builds_have_the_same_bytes(builder: ModuleType, tiny: Path) -> None:
    assert builder.build(tiny) == builder.build(tiny)


def test_a_built_notebook_looks_as_jupyterlab_would_write_it(builder: ModuleType, tiny: Path) -> None:
    data = builder.build(tiny)
    notebook = json.loads(data)
    assert data.endswith(b"}\n")
    assert set(notebook["metadata"]) == {"kernelspec", "language_info"}
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    assert notebook["metadata"]["language_info"].keys() >= {"codemirror_mode", "file_extension", "version"}
    assert notebook["cells"][1]["metadata"] == {"tags": ["kept"]}
    assert data == (nbformat.writes(nbformat.reads(data.decode(), as_version=4)) + "\n").encode()


def test_text_that_came_in_pieces_becomes_one_output(builder: ModuleType) -> None:
    pieces = [new_output("stream", name="stdout", text=text) for text in ("one\n", "two\n")]
    notebook = new_notebook(
        cells=[new_code_cell("", outputs=[*pieces, new_output("execute_result", {"a": "3"})])]
    )
    builder.clean(notebook)
    assert [output.get("text") for output in notebook.cells[0].outputs] == ["one\ntwo\n", None]


def test_live_views_and_widget_state_go_and_the_picture_beside_them_stays(builder: ModuleType) -> None:
    live = new_output("display_data", {builder.WIDGET_VIEW: {"model_id": "1"}})
    both = new_output("display_data", {builder.WIDGET_VIEW: {"model_id": "2"}, "image/png": png(0)})
    notebook = new_notebook(cells=[new_code_cell("", outputs=[live, both])], metadata={"widgets": {}})
    builder.clean(notebook)
    assert [set(output.data) for output in notebook.cells[0].outputs] == [{"image/png"}]
    assert "widgets" not in notebook.metadata


def test_a_cell_id_does_not_change_when_cells_are_put_in_above(builder: ModuleType, tiny: Path) -> None:
    before = [cell.id for cell in builder.read_source(tiny).cells]
    tiny.write_text(TINY.replace("# %% tags", "# %%\nprint('new')\n\n# %% tags"))
    after = [cell.id for cell in builder.read_source(tiny).cells]
    assert len(after) == 3
    assert [after[0], after[2]] == before


def test_two_equal_cells_have_two_ids(builder: ModuleType, tiny: Path) -> None:
    tiny.write_text("# %%\n1\n\n# %%\n1\n")
    ids = [cell.id for cell in builder.read_source(tiny).cells]
    assert len(set(ids)) == 2


@pytest.mark.parametrize(
    "line", ["import sys; print('oh', file=sys.stderr)", "import warnings; warnings.warn('oh')"]
)
def test_a_cell_that_warns_stops_the_build(builder: ModuleType, tiny: Path, line: str) -> None:
    tiny.write_text(f"# %%\n{line}\n")
    with pytest.raises(SystemExit, match=r"98_tiny\.py: cell 0 wrote to stderr: .*oh"):
        builder.build(tiny)


def test_equal_bytes_do_not_differ(builder: ModuleType) -> None:
    assert builder.summarise_difference(notebook_bytes(), notebook_bytes()) == ""


@pytest.mark.parametrize("tolerance", [None, 16])
@pytest.mark.parametrize(
    ("change", "words"),
    [({"text": "4"}, '+       "4"'), ({"grey": 99}, "by up to 99 of 255"), ({"pictures": 2}, "2 were built")],
    ids=["text", "picture", "number of pictures"],
)
def test_a_change_that_matters_is_named(
    builder: ModuleType, change: dict, words: str, tolerance: int | None
) -> None:
    assert words in builder.summarise_difference(notebook_bytes(), notebook_bytes(**change), tolerance)


@pytest.mark.parametrize(
    "change", [{"grey": 9}, {"version": "3.11.2"}], ids=["faint pixels", "python version"]
)
def test_what_depends_on_the_machine_differs_only_where_bytes_are_compared(
    builder: ModuleType, change: dict
) -> None:
    old, new = notebook_bytes(), notebook_bytes(**change)
    assert builder.summarise_difference(old, new)
    assert builder.summarise_difference(old, new, tolerance=24) == ""


@pytest.mark.parametrize("change", [{"text": "4"}, {"grey": 99}, {"pictures": 2}])
def test_what_a_training_cell_puts_out_differs_only_where_bytes_are_compared(
    builder: ModuleType, change: dict
) -> None:
    tagged = []
    for data in (notebook_bytes(), notebook_bytes(**change)):
        notebook = nbformat.reads(data.decode(), as_version=4)
        notebook.cells[0].metadata["tags"] = [builder.UNCOMPARED]
        tagged.append(nbformat.writes(notebook).encode())
    assert builder.summarise_difference(*tagged)
    assert builder.summarise_difference(*tagged, tolerance=24) == ""


def test_other_spacing_differs_where_bytes_are_compared(builder: ModuleType) -> None:
    assert "other bytes" in builder.summarise_difference(notebook_bytes(), notebook_bytes() + b"\n")


def test_check_fails_and_writes_nothing_where_a_notebook_is_old(
    builder: ModuleType, tiny: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(builder, "FOLDER", tiny.parent)
    (tiny.parent / "src").mkdir()
    tiny.rename(tiny.parent / "src" / tiny.name)
    target = tiny.parent / "98_tiny.ipynb"
    assert builder.main(["--check"]) == 1
    assert not target.exists()
    assert builder.main(["98"]) == 0
    assert builder.main(["98", "--check"]) == 0
    target.write_bytes(target.read_bytes().replace(b"one", b"won"))
    assert builder.main(["--check"]) == 1
    assert "won" in capsys.readouterr().out


def test_a_chapter_that_is_not_there_is_named(builder: ModuleType) -> None:
    with pytest.raises(SystemExit, match="no source notebooks/src/77"):
        builder.find_sources(["77"])
