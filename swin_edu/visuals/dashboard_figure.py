"""The picture of a training run that stays in a saved notebook: curves, pace, and the last answers.

Notebook 08 keeps it where the live TrainingDashboard was, in the same layout and colours.
"""

import textwrap
from collections.abc import Sequence

import numpy as np

from swin_edu.visuals.sample_predictions import SamplePredictions
from swin_edu.visuals.samples_figure import draw_samples, height_of_samples
from swin_edu.visuals.sheet import SCALE, Sheet, rgb
from swin_edu.visuals.sheet_charts import smooth_lines, write_right
from swin_edu.visuals.training_curves import TrainingCurves

WIDTH = 1000
LEFTS = (16, 500, 750)  # of the three charts
RIGHTS = (484, 734, 984)
TOP, BOTTOM = 66, 266
TRAINING, TEST = "series_0", "series_1"
Rows = Sequence[Sequence[float]]


def draw_dashboard(
    curves: TrainingCurves, samples: SamplePredictions | None, sentence: str, timed: bool = True
) -> bytes:
    """Draw loss, accuracy, learning rate and speed, and the test images with the network's last answers.

    Args:
        curves: what the run has shown.
        samples: the test images; None without them.
        sentence: below all.
        timed: whether images per second are drawn; they differ from run to run.

    Returns:
        A PNG file's bytes, 1,500 pixels wide; the same bytes for the same arguments.

    Example:
        >>> draw_dashboard(TrainingCurves(), None, "Nothing yet.")[1:4]
        b'PNG'
    """
    bottom = 330 + (height_of_samples(samples) if samples else 0)
    sheet = Sheet(WIDTH, bottom + 52)
    _draw_loss(sheet, curves)
    _draw_accuracy(sheet, curves, len(samples.class_names) if samples else 0)
    _draw_pace(sheet, curves, timed)
    if samples is not None:
        draw_samples(sheet, samples, 330)
    for line, words in enumerate(textwrap.wrap(sentence, 128)):
        sheet.write(16, bottom + 14 + 20 * line, words, size=14)
    return sheet.png()


class _Chart:
    """A box with axes on the sheet; places are in epochs."""

    def __init__(
        self, sheet: Sheet, number: int, curves: TrainingCurves, values: tuple[float, float]
    ) -> None:
        self.sheet, self.values = sheet, values
        self.x0, self.x1 = LEFTS[number] + 42, RIGHTS[number]
        self.y0, self.y1 = BOTTOM, TOP
        first = curves.loss.points[0][0] if curves.loss.points else 0
        first = min([first, *(row[0] - 1 for row in curves.tested[:1])])
        low = max(0, int(first))
        self.places = low, max(curves.place, low + 1)

    def at(self, place: float, value: float) -> tuple[float, float]:
        (low, high), (least, most) = self.places, self.values
        down = (value - least) / (most - least)
        x = self.x0 + (place - low) / (high - low) * (self.x1 - self.x0)
        return x, self.y0 - min(max(down, 0), 1.02) * (self.y0 - self.y1)

    def axes(self, down: dict[float, str], across: bool = True) -> None:
        for value, words in down.items():
            _, y = self.at(self.places[0], value)
            self.sheet.line([(self.x0, y), (self.x1, y)], "line")
            write_right(self.sheet, self.x0 - 6, y + 4, words, size=11, name="muted_ink")
        self.sheet.line([(self.x0, self.y0), (self.x1, self.y0)], "muted_ink")
        for tick in _ticks(*self.places, 6) if across else ():
            x, _ = self.at(tick, self.values[0])
            if tick == int(tick):
                self.sheet.line([(x, self.y0), (x, self.y0 + 4)], "muted_ink")
                words = str(int(tick))
                self.sheet.write(
                    min(x, self.x1 - 4), self.y0 + 17, words, size=11, name="muted_ink", anchor="ms"
                )
        if across:
            middle = (self.x0 + self.x1) / 2
            self.sheet.write(middle, self.y0 + 33, "epoch", size=11, name="muted_ink", anchor="ms")

    def line(self, points: Rows, name: str, width: float, dots: float = 0) -> None:
        places = [self.at(*point) for point in points]
        if not places:
            return
        marks = [(*place, name, dots) for place in (places if len(places) <= 24 else places[-1:])]
        round_ones = marks if dots and name != TEST else []
        smooth_lines(self.sheet, [(places * (1 + (len(places) == 1)), name, width)], round_ones)
        for x, y, *_ in marks if name == TEST else ():
            for reach, fill in ((dots * 1.35 + 2, "surface"), (dots * 1.35, name)):
                corners = [(x, y - reach), (x + reach, y), (x, y + reach), (x - reach, y)]
                _fill(self.sheet, corners, rgb(fill))


def _ticks(low: float, high: float, count: int) -> list[float]:
    rough = max((high - low) / count, 1e-12)
    power = 10 ** np.floor(np.log10(rough))
    step = next(size * power for size in (1, 2, 5, 10) if size * power >= rough * (1 - 1e-9))
    first = int(np.ceil(low / step - 1e-9))
    return [float(f"{i * step:.10g}") for i in range(first, int(high / step + 1e-9) + 1)]


def _title(sheet: Sheet, number: int, title: str) -> None:
    sheet.write(LEFTS[number - 1], 28, f"{number}  {title}", size=15, weight="bold")


def _names(sheet: Sheet, left: float, entries: list[tuple[str, str, float | None, str]]) -> None:
    """What the lines are, and their last values: (colour, words, value, format) each."""
    for name, words, value, form in entries:
        sheet.square(left, 39, 9, name)
        sheet.write(left + 14, 48, words, name="muted_ink")
        left += 18 + sheet.width_of(words)
        if value is not None:
            said = form.format(value)
            sheet.write(left, 48, said, weight="bold")
            left += sheet.width_of(said, weight="bold")
        left += 14


def _both_lines(chart: _Chart, tested: Rows, columns: tuple[int, int]) -> None:
    # The mean over an epoch belongs to its middle, a test to its end.
    chart.line([(row[0] - 0.5, row[columns[0]]) for row in tested], TRAINING, 2.5, dots=3.5)
    chart.line([(row[0], row[columns[1]]) for row in tested], TEST, 2.5, dots=3.5)


def _draw_loss(sheet: Sheet, curves: TrainingCurves) -> None:
    points, tested = curves.loss.points, curves.tested
    high = sorted(point[3] for point in points)[int(0.97 * (len(points) - 1))] if points else 1.0
    high = 1.05 * max([high, *(value for row in tested for value in row[1:3])])
    lows = [point[2] for point in points] + [value for row in tested for value in row[1:3]]
    low = min(lows, default=0.0)
    low = 0.0 if low < 0.4 * high else low - 0.1 * (high - low)
    chart = _Chart(sheet, 0, curves, (low, max(high, low + 1e-6)))
    _title(sheet, 1, "Loss")
    chart.axes({tick: f"{tick:g}" for tick in _ticks(low, high, 5)})
    if len(points) > 1:
        edge = [chart.at(x, top) for x, _, _, top in points]
        edge += [chart.at(x, bottom) for x, _, bottom, _ in reversed(points)]
        _fill(sheet, edge, 0.82 * rgb("surface") + 0.18 * rgb(TRAINING))
    places = [tuple(SCALE * value for value in chart.at(*point[:2])) for point in points]
    sheet.draw.line(places, fill=_shade(0.5 * rgb("surface") + 0.5 * rgb(TRAINING)), width=2, joint="curve")
    _both_lines(chart, tested, (1, 2))
    train, test = tested[-1][1:3] if tested else (None, None)
    batch = points[-1][1] if points else None
    _names(
        sheet,
        LEFTS[0],
        [
            ("line", "batches", batch, "{:.2f}"),
            (TRAINING, "training", train, "{:.2f}"),
            (TEST, "test", test, "{:.2f}"),
        ],
    )


def _draw_accuracy(sheet: Sheet, curves: TrainingCurves, classes: int) -> None:
    chart = _Chart(sheet, 1, curves, (0, 1))
    _title(sheet, 2, "Accuracy (%)")
    chart.axes({part: f"{100 * part:.0f}" for part in (0, 0.25, 0.5, 0.75, 1)})
    if classes > 1:
        for start in np.arange(chart.x0, chart.x1, 6):
            _, y = chart.at(chart.places[0], 1 / classes)
            sheet.line([(start, y), (start + 2, y)], "muted_ink")
        write_right(sheet, chart.x1, y - 5, "guessing", size=11, name="muted_ink")
    _both_lines(chart, curves.tested, (3, 4))
    train, test = curves.tested[-1][3:5] if curves.tested else (None, None)
    shares = [(name, part and 100 * part) for name, part in (("training", train), ("test", test))]
    colours = (TRAINING, TEST)
    _names(sheet, LEFTS[1], [(c, *share, "{:.1f}") for c, share in zip(colours, shares, strict=True)])


def _draw_pace(sheet: Sheet, curves: TrainingCurves, timed: bool) -> None:
    _title(sheet, 3, "Pace" if timed else "Learning rate")
    middle = (TOP + BOTTOM) / 2
    charts = [
        ("learning rate", curves.learning_rate.points, (TOP + 8, middle - 14 if timed else BOTTOM), _rate)
    ]
    charts += [("images per second", curves.speed.points, (middle + 26, BOTTOM), "{:,.0f}".format)] * timed
    for name, points, (top, bottom), form in charts:
        most = max((point[1] for point in points), default=1.0) or 1.0
        chart = _Chart(sheet, 2, curves, (0, most))
        chart.y0, chart.y1 = bottom, top
        chart.axes({0: "0", most: form(most)} if points else {0: "0"}, across=bottom == BOTTOM)
        words = f"{name} {form(points[-1][1])}" if points else name
        sheet.write(chart.x0, top - 8, words, size=11, weight="bold")
        chart.line([point[:2] for point in points], "ink", 1.8)


def _rate(value: float) -> str:
    """A learning rate in two digits, as the live view writes it."""
    return (
        f"{value:.2g}"
        if value >= 0.0095 or not value
        else f"{value:.1e}".replace("e-0", "e-").replace(".0e", "e")
    )


def _fill(sheet: Sheet, points: Rows, fill: np.ndarray) -> None:
    sheet.draw.polygon([(x * SCALE, y * SCALE) for x, y in points], fill=_shade(fill))


def _shade(fill: np.ndarray) -> tuple[int, ...]:
    return tuple(round(255 * float(channel)) for channel in fill)
