"""Outputs that anybody may have written become proper outputs of nbformat, without scripts."""

import base64

import nbformat
import pytest

from swin_edu.classroom.cell_outputs import checked_outputs, stopped_output

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(100)).decode()


def stream(text: object, name: object = "stdout") -> dict:
    return {"output_type": "stream", "name": name, "text": text}


def test_proper_outputs_stay():
    outputs = [
        stream("hello\n"),
        {"output_type": "display_data", "metadata": {}, "data": {"text/plain": "<Figure>", "image/png": PNG}},
        {"output_type": "execute_result", "metadata": {}, "data": {"text/plain": "4"}, "execution_count": 3},
        {"output_type": "error", "ename": "ValueError", "evalue": "no", "traceback": ["a", "b"]},
    ]
    assert checked_outputs(outputs, 10_000) == outputs


@pytest.mark.parametrize(
    "outputs",
    [
        *(None, 3, "text", {}, [None], [[]], [{}], [{"output_type": "script"}], [stream("x", "stdlog")]),
        [{"output_type": "display_data", "data": "text"}],
    ],
    ids=str,
)
def test_what_is_no_output_is_left_out(outputs):
    assert checked_outputs(outputs, 1000) == []


@pytest.mark.parametrize(
    "mime", ["text/html", "image/svg+xml", "application/javascript", "text/markdown", "text/latex"]
)
def test_nothing_that_a_browser_runs(mime):
    output = {
        "output_type": "display_data",
        "data": {mime: "<script>", "text/plain": "x"},
        "metadata": {mime: 1},
    }
    assert checked_outputs([output], 1000) == [
        {"output_type": "display_data", "data": {"text/plain": "x"}, "metadata": {}}
    ]


@pytest.mark.parametrize("image", ["<script>", PNG[:-3], 5, base64.b64encode(b"GIF89a").decode(), "x" * 5000])
def test_only_pictures_are_pictures(image):
    (output,) = checked_outputs([{"output_type": "display_data", "data": {"image/png": image}}], 1000)
    assert output["data"] == {"text/plain": ""}


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ({"image/png": {"width": 700, "alt": "<script>"}}, {"image/png": {"width": 700}}),
        *(({"image/png": {"width": width}}, {}) for width in (10**6, 0, True, "1 onload=steal()", None)),
        *((said, {}) for said in (None, 3, {"image/png": 3}, {"image/jpeg": {"width": 700}})),
    ],
    ids=str,
)
def test_of_a_picture_only_its_width_is_believed(said, kept):
    output = {"output_type": "display_data", "data": {"image/png": PNG}, "metadata": said}
    (checked,) = checked_outputs([output], 1000)
    assert checked["metadata"] == kept


def test_sizes_are_limited_together():
    outputs = checked_outputs([stream("x" * 10**6)] * 1000, 5000)
    assert len(outputs) <= 250
    assert sum(len(output["text"]) for output in outputs) <= 6000


def test_odd_outputs_are_valid_for_nbformat():
    odd = [
        stream(["a"]),
        stream("\ud800\x1b[31m\x00"),
        {"output_type": "error", "ename": 3, "evalue": None, "traceback": "x"},
        {"output_type": "error", "traceback": [1, None, "line\n" * 5]},
        {"output_type": "execute_result", "data": {"text/plain": 5}, "execution_count": True, "extra": 1},
        {"output_type": "execute_result", "data": {}, "execution_count": -1},
        stopped_output("still running after 3 s"),
    ]
    checked = checked_outputs(odd, 1000)
    assert len(checked) == len(odd)
    cell = nbformat.v4.new_code_cell("1", outputs=[nbformat.from_dict(output) for output in checked])
    notebook = nbformat.v4.new_notebook(cells=[cell])
    nbformat.validate(notebook)
    nbformat.writes(notebook).encode("utf-8")
    assert checked[1]["text"] == "?[31m"
