"""Outputs of a cell that came out of the isolated process, made safe to be put into a notebook.

`session` uses it. They were written by whoever wrote the submission, and a teacher's browser will show them.
"""

import base64
import binascii
from typing import Any

from swin_edu.classroom.packed import plain_text

__all__ = ["checked_outputs", "stopped_output"]

MOST = 250
WIDEST = 1000  # pixels of a picture; a page has no room for more
IMAGES = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}


def checked_outputs(outputs: Any, limit: int) -> list[dict[str, Any]]:
    """Those of them that are proper outputs of nbformat: text, and pictures without scripts.

    Args:
        outputs: what came.
        limit: most characters of one output; longer text is cut, a larger picture left out.

    Example:
        >>> checked_outputs([{"output_type": "stream", "name": "stdout", "text": "hello"}, 3], 100)
        [{'output_type': 'stream', 'name': 'stdout', 'text': 'hello'}]
    """
    if not isinstance(outputs, list):
        return []
    checked, left = [], limit + 1000
    for output in outputs[:MOST]:
        found = _checked(output, left) if isinstance(output, dict) else None
        if found is not None:
            checked.append(found)
            left = max(0, left - _size(found))
    return checked


def stopped_output(reason: str) -> dict[str, Any]:
    """What a cell shows that had to be ended.

    Example:
        >>> stopped_output("still running after 30 s")["evalue"]
        'still running after 30 s'
    """
    return {"output_type": "error", "ename": "Stopped", "evalue": reason, "traceback": [f"Stopped: {reason}"]}


def _checked(output: dict[str, Any], limit: int) -> dict[str, Any] | None:
    kind = output.get("output_type")
    if kind == "stream" and output.get("name") in ("stdout", "stderr"):
        return {"output_type": "stream", "name": output["name"], "text": _text(output.get("text"), limit)}
    if kind == "error":
        lines = output.get("traceback")
        lines = lines[:500] if isinstance(lines, list) else []
        text = _text("\n".join(_text(line, limit) for line in lines), limit)
        found = {"output_type": kind, "ename": _text(output.get("ename"), 100)}
        return {
            **found,
            "evalue": _text(output.get("evalue"), min(limit, 2000)),
            "traceback": text.split("\n"),
        }
    if kind in ("display_data", "execute_result") and isinstance(output.get("data"), dict):
        data = _data(output["data"], limit)
        found = {"output_type": kind, "metadata": _widths(output.get("metadata"), data), "data": data}
        number = output.get("execution_count")
        count = number if type(number) is int and 0 <= number < 10**6 else None
        return {**found, "execution_count": count} if kind == "execute_result" else found
    return None


def _data(data: dict[str, Any], limit: int) -> dict[str, str]:
    found = {"text/plain": _text(data.get("text/plain"), limit)}
    for mime, beginning in IMAGES.items():
        image = data.get(mime)
        if isinstance(image, str) and len(image) <= limit:
            try:
                raw = base64.b64decode("".join(image.split()), validate=True)
            except (binascii.Error, ValueError):
                continue
            if raw.startswith(beginning):
                found[mime] = base64.b64encode(raw).decode()
    return found


def _widths(metadata: Any, data: dict[str, str]) -> dict[str, dict[str, int]]:
    """How wide the pictures are to be shown, and nothing else that an output says of itself."""
    given = metadata if isinstance(metadata, dict) else {}
    widths = {mime: given[mime].get("width") for mime in IMAGES if isinstance(given.get(mime), dict)}
    fits = {mime: w for mime, w in widths.items() if mime in data and type(w) is int and 0 < w <= WIDEST}
    return {mime: {"width": width} for mime, width in fits.items()}


def _text(value: Any, limit: int) -> str:
    return plain_text(value[:limit]) if isinstance(value, str) else ""


def _size(output: dict[str, Any]) -> int:
    texts = [output.get("text", ""), output.get("evalue", ""), *output.get("traceback", [])]
    return sum(map(len, [*texts, *output.get("data", {}).values()]))
