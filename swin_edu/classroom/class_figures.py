"""The figures of the teacher's page, as SVG that grows with the page while its letters stay as they are.

Places along the page are per cents, so that a figure needs no script to fit a narrow window, a wide one, or
paper. Colours are named in `page_style.py`.
"""

from collections.abc import Sequence

from swin_edu.classroom.class_counts import KINDS, ClassCounts, ExerciseCounts, Group, Kind
from swin_edu.classroom.html_tags import Html, join, tag

__all__ = ["count_bar", "legend", "outcome_bar", "points_figure"]

# Pixels that a letter takes, rather more than less; and how wide a bar is at least on each kind of page.
LETTER, MARGIN = 7.0, 12
NARROW, WIDE = 380, 700
BINS = 30


def outcome_bar(counts: ExerciseCounts) -> Html:
    """One exercise as one bar: a piece for each group, in the order of `KINDS`.

    Args:
        counts: of the exercise.

    Returns:
        An SVG; pieces that are wide enough carry their number, known mistakes their name, too.
    """
    total, start, pieces = max(1, counts.students), 0, []
    for group in _pieces(counts):
        left, width = 100 * start / total, 100 * len(group) / total
        start += len(group)
        label = f"{group.name} {len(group)}" if group.kind == "mistake" else str(len(group))
        label = label.replace("_", " ")
        told = tag("title", f"{len(group)} of {total}: {group.name}")
        bar = tag("rect", x="1", y="1", width="100%", height="28", rx="3", class_=f"piece {group.kind}")
        inside = [told, bar, *_labels([label, str(len(group))], width, group.kind)]
        pieces.append(tag("svg", *inside, x=f"{left:.3f}%", width=f"{width:.3f}%", height="30"))
    words = ", ".join(f"{len(group)} {group.name}" for group in _pieces(counts))
    return tag(
        "svg", *pieces, class_="outcomes", height="30", role="img", aria_label=f"{counts.name}: {words}"
    )


def legend(counts: ClassCounts) -> Html:
    """What the pieces of the bars mean; only what there is.

    Args:
        counts: of the class.
    """
    entries = []
    for kind, words in KINDS.items():
        if any(one.count(kind) for one in counts.exercises):
            swatch = tag("rect", x="1", y="1", width="12", height="12", rx="3", class_=f"piece {kind}")
            entries.append(tag("li", tag("svg", swatch, width="14", height="14", aria_hidden="true"), words))
    return tag("ul", *entries, class_="legend")


def count_bar(group: Group, largest: int) -> Html:
    """The count of one group, as a bar from the left with its number behind it.

    Args:
        group: of an exercise.
        largest: the count that takes the whole width.
    """
    width = 82 * len(group) / max(1, largest)
    # One of two hundred is still to be seen.
    wide = {"width": f"{width:.2f}%", "style": f"width: max(4px, {width:.2f}%)"}
    bar = tag("rect", x="1", y="2", height="16", rx="2", class_=f"piece {group.kind}", **wide)
    number = tag("text", str(len(group)), x=f"{width:.2f}%", dx="9", y="15", class_="number")
    return tag("svg", bar, number, class_="count", height="20", aria_hidden="true")


def points_figure(counts: ClassCounts) -> Html:
    """How many students have how many points, with the median.

    Args:
        counts: of the class; with at least one student.
    """
    points = [*counts.points.values()]
    edges = _edges(counts.out_of)
    heights = [0] * (len(edges) - 1)
    for value in points:
        heights[min(len(heights) - 1, max(0, sum(edge <= value for edge in edges[1:])))] += 1
    tall, base = 96, 128
    step, most = 100 / len(heights), max(heights)
    parts = _median_mark(counts.quarters[1], edges, step, base)  # behind the bars
    for k, height in enumerate(heights):
        if not height:
            continue
        high = tall * height / most
        where = f"{_range(edges, k)} points: {height}"
        place = {"x": f"{k * step + step * 0.07:.3f}%", "width": f"{step * 0.86:.3f}%"}
        parts.append(
            tag("rect", tag("title", where), y=base - high, height=high, rx="2", class_="bar", **place)
        )
        parts.append(_middle(k * step + step / 2, base - high - 5, str(height), "number"))
    every = max(1, -(-len(heights) // 15))
    for k in range(0, len(heights), every):
        parts.append(_middle(k * step + step / 2, base + 16, f"{edges[k]:g}", "tick"))
    parts.append(tag("line", x1="0", x2="100%", y1=base, y2=base, class_="axis"))
    words = f"points of {len(points)} students, from 0 to {counts.out_of:g}; median {counts.quarters[1]:g}"
    figure = tag("svg", *parts, class_="points", height=base + 24, role="img", aria_label=words)
    unit = "" if len(edges) < 2 or edges[1] == 1 else f", in steps of {edges[1]:g}"
    return join(figure, tag("p", f"Points, of {counts.out_of:g}{unit}; above each bar how many students."))


def _pieces(counts: ExerciseCounts) -> list[Group]:
    """The groups; of all ways to be wrong that have no name, one."""
    pieces: list[Group] = []
    for group in counts.groups:
        if group.kind == "other" and pieces and pieces[-1].kind == "other":
            students = (*pieces[-1].students, *group.students)
            pieces[-1] = Group("other", KINDS["other"], students)
        elif group.kind == "other":
            pieces.append(Group("other", KINDS["other"], group.students))
        else:
            pieces.append(group)
    return pieces


def _labels(candidates: Sequence[str], width: float, kind: Kind) -> list[Html]:
    """The first label that fits; another one on narrow pages, where it has to be."""
    narrow, wide = (_first_fit(candidates, width / 100 * page) for page in (NARROW, WIDE))
    shown = [("", wide)] if narrow == wide else [(" on-narrow", narrow), (" on-wide", wide)]
    return [
        tag("text", text, x="50%", y="20", class_=f"label on-{kind}{where}") for where, text in shown if text
    ]


def _first_fit(candidates: Sequence[str], room: float) -> str:
    return next((text for text in candidates if len(text) * LETTER + MARGIN <= room), "")


def _middle(x: float, y: float, words: str, class_: str) -> Html:
    return tag("text", words, x=f"{x:.3f}%", y=f"{y:.1f}", text_anchor="middle", class_=class_)


def _edges(out_of: float) -> list[float]:
    """Where bars begin: at whole points, or at every second, fifth ... where there are many."""
    width = next((w for w in (1, 2, 5, 10, 20, 50) if out_of / w < BINS), max(1.0, out_of / BINS))
    return [width * k for k in range(int(out_of // width) + 2)]


def _range(edges: Sequence[float], k: int) -> str:
    return f"{edges[k]:g} up to less than {edges[k + 1]:g}"


def _median_mark(value: float, edges: Sequence[float], step: float, base: int) -> list[Html]:
    width = edges[1] - edges[0]
    # A bar holds what begins at its edge, and its number stands under its middle.
    x = min(100.0, (value / width + 0.5) * step)
    anchor = "end" if x > 80 else "start"
    return [
        tag("line", x1=f"{x:.3f}%", x2=f"{x:.3f}%", y1="6", y2=base, class_="median"),
        tag(
            "text", f"median {value:g}", x=f"{x:.3f}%", dx=-5 if anchor == "end" else 5, y="12",
            text_anchor=anchor, class_="median-words",
        ),
    ]  # fmt: skip
