"""The strip of test images in the picture of a training run: what they are, and what the network says.

Notebook 08 keeps it as a part of `dashboard_figure`'s picture.
"""

import numpy as np
from PIL import Image, ImageDraw

from swin_edu.visuals.palette import colour
from swin_edu.visuals.sample_predictions import SamplePredictions
from swin_edu.visuals.sheet import SCALE, Sheet, rgb
from swin_edu.visuals.sheet_charts import FINE, smooth_lines

LINE = 13  # height of a line of words


def height_of_samples(samples: SamplePredictions) -> int:
    """How much room the strip needs, in units of the sheet."""
    return 204 + 2 * LINE * (_lines_of_a_name(samples) - 1)


def _lines_of_a_name(samples: SamplePredictions) -> int:
    return 3 if any(len(samples.class_names[label]) > 12 for label in samples.labels) else 1


def draw_samples(sheet: Sheet, samples: SamplePredictions, top: float) -> None:
    """Draw each image with its class, the last answer, and how sure it is.

    Args:
        sheet: where to draw, over its whole width.
        samples: images and answers.
        top: where the strip begins.
    """
    moment = samples.moments[-1] if samples.moments else None
    count = len(samples.labels)
    said = f"What it says: {samples.right_now} of {count} right" if moment else "Test images"
    sheet.write(16, top + 4, f"4  {said}", size=15, weight="bold")
    note = "bar: how sure it is; curve: how sure of the right class, since the start"
    left = 16 + sheet.width_of(f"4  {said}", size=15, weight="bold") + 16
    sheet.write(left, top + 4, note if moment else "", name="muted_ink")
    step = min(98.0, (sheet.image.width / SCALE - 32 + 12) / count)
    side = step - 12
    for i, pixels in enumerate(samples.pixels()):
        left, y = 16 + i * step, top + 18
        right = moment is not None and moment.named[i] == samples.labels[i]
        picture = Image.fromarray(pixels).resize(
            (round((side - 8) * SCALE),) * 2,
            Image.Resampling.NEAREST if len(pixels) < 1.5 * side else Image.Resampling.LANCZOS,
        )
        _frame(sheet, left, y, side, right)
        sheet.image.paste(picture, (round((left + 4) * SCALE), round((y + 4) * SCALE)))
        y += side + 16
        lines = _lines_of_a_name(samples)
        y = _lines(sheet, left, y, side, samples.class_names[samples.labels[i]], lines, "bold", "ink")
        if moment is None:
            continue
        _mark(sheet, left + side - 3, top + 21, right)
        answer = "sure" if right else samples.class_names[moment.named[i]]
        y = _lines(
            sheet, left, y, side, f"{100 * moment.confidence[i]:.0f} % {answer}", lines, "normal", "muted_ink"
        )
        sheet.rectangle(left, y - 6, side, 5, "line")
        sheet.rectangle(left, y - 6, side * moment.confidence[i], 5, "series_2" if right else "muted_ink")
        _history(sheet, left, y + 24, side, [(m.place, m.truth[i]) for m in samples.moments])


def _history(sheet: Sheet, left: float, bottom: float, width: float, points: list[tuple[float, float]]) -> None:
    """How sure the network was of the right class since the start, 20 units high."""
    sheet.line([(left, bottom), (left + width, bottom)], "line")
    first, last = points[0][0], points[-1][0]
    if last <= first:
        return
    line = [(left + (x - first) / (last - first) * width, bottom - 20 * part) for x, part in points]
    shade = tuple(round(255 * float(c)) for c in 0.75 * rgb("surface") + 0.25 * rgb("series_2"))
    area = [(left, bottom), *line, (left + width, bottom)]
    sheet.draw.polygon([(x * SCALE, y * SCALE) for x, y in area], fill=shade)
    smooth_lines(sheet, [(line, "series_2", 1.4)])


def _lines(
    sheet: Sheet, left: float, y: float, width: float, words: str, most: int, weight: str, name: str
) -> float:
    """Words in a column of some width; returns where the next may start."""
    rows: list[str] = []
    for word in words.split():
        longer = f"{rows[-1]} {word}" if rows else word
        if rows and sheet.width_of(longer, size=10.5, weight=weight) <= width:
            rows[-1] = longer
        else:
            rows.append(word)
    for number, row in enumerate(rows[:most]):
        while sheet.width_of(row, size=10.5, weight=weight) > width and len(row) > 2:
            row = row[:-2] + "…"
        sheet.write(left, y + LINE * number, row, size=10.5, weight=weight, name=name)
    return y + LINE * most + 2


def _frame(sheet: Sheet, left: float, top: float, side: float, right: bool) -> None:
    box = [round(v * SCALE) for v in (left, top, left + side, top + side)]
    if right:
        sheet.draw.rounded_rectangle(box, radius=9, outline=colour("series_2"), width=3)
        return
    for start in np.arange(0, side - 2, 7):  # broken: not right
        for x, y, across in ((0, 0, 1), (0, side - 1.5, 1), (0, 0, 0), (side - 1.5, 0, 0)):
            sheet.rectangle(
                left + x + start * across,
                top + y + start * (1 - across),
                4 if across else 1.5,
                1.5 if across else 4,
                "muted_ink",
            )


def _mark(sheet: Sheet, x: float, y: float, right: bool) -> None:
    """A disc with a tick or a cross, with smooth edges."""
    side = round(20 * SCALE)
    layer = Image.new("RGBA", (side * FINE, side * FINE))
    draw, unit = ImageDraw.Draw(layer), side * FINE / 20
    fill, edge, ink = ("series_2", "surface", "on_series") if right else ("surface", "muted_ink", "ink")
    draw.ellipse((0, 0, 20 * unit - 1, 20 * unit - 1), fill=colour(edge))
    draw.ellipse((1.5 * unit, 1.5 * unit, 18.5 * unit, 18.5 * unit), fill=colour(fill))
    strokes = [[(6, 10.5), (9, 13.5), (14, 7)]] if right else [[(7, 7), (13, 13)], [(13, 7), (7, 13)]]
    for stroke in strokes:
        draw.line([(a * unit, b * unit) for a, b in stroke], fill=colour(ink), width=round(1.8 * unit))
    plate = layer.convert("RGBa").resize((side, side), Image.Resampling.BOX).convert("RGBA")
    sheet.image.paste(plate, (round(x * SCALE - side / 2), round(y * SCALE - side / 2)), plate)
