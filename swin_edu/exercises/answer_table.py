"""Numbers, tuples and dicts, expected beside yours: a small table with the rows that differ marked.

The picture of a check that answers with no tensor; a notebook shows it in its own colours.
"""

from collections.abc import Mapping
from html import escape
from numbers import Integral, Real
from typing import Any

from torch import Tensor

from swin_edu.exercises.answers import differs, same_answer
from swin_edu.exercises.look import CELL, HEAD, MARKED, TABLE

MOST_ROWS = 8
LONGEST = 60  # letters of one cell
NOTHING = "—"

Row = tuple[str, str, str, bool]  # name, expected, yours, whether they differ


class AnswerTable:
    """Rows of expected and yours.

    Args:
        rows: (name, expected, yours, whether they differ) of each.
        right: how many more are right and not shown.
        difference: of a single number, or empty.

    Example:
        >>> print(AnswerTable.of((2, 3), (2, 4)))
              expected  yours
           0  2         2
        *  1  3         4
    """

    def __init__(self, rows: list[Row], right: int = 0, difference: str = "") -> None:
        self.rows, self.right, self.difference = rows, right, difference

    @classmethod
    def of(cls, expected: Any, got: Any) -> "AnswerTable | None":
        """The table of two answers; None where they are alike, or no numbers, texts, tuples or dicts."""
        if isinstance(expected, Mapping) and isinstance(got, Mapping):
            names = [*expected, *(key for key in got if key not in expected)]
            return cls._of_rows([_row(key, expected, got) for key in names])
        if isinstance(expected, (tuple, list)) and isinstance(got, (tuple, list)):
            one, other = dict(enumerate(expected)), dict(enumerate(got))
            return cls._of_rows([_row(place, one, other) for place in max(one, other, key=len)])
        kinds = (Real, str)
        if not (isinstance(expected, kinds) and isinstance(got, kinds)) or same_answer(got, expected):
            return None
        difference = ""
        if all(isinstance(n, Integral) and not isinstance(n, bool) for n in (expected, got)):
            difference = f"{int(got) - int(expected):+,}"
        return cls([("", _words(expected), _words(got), True)], difference=difference)

    @classmethod
    def _of_rows(cls, rows: list[Row]) -> "AnswerTable | None":
        """All rows where they are few, else first those that differ; None where none does."""
        if not any(row[3] for row in rows):
            return None
        if len(rows) <= MOST_ROWS:
            return cls(rows)
        shown = [row for row in rows if row[3]][:MOST_ROWS]
        return cls(shown, right=sum(not row[3] for row in rows))

    def _columns(self) -> list[list[str]]:
        head = ["", "expected", "yours", "difference"]
        lines = [head, *([name, one, other, self.difference] for name, one, other, _ in self.rows)]
        kept = [n for n in range(4) if any(line[n] for line in lines[1:])]
        return [[line[n] for n in kept] for line in lines]

    def __repr__(self) -> str:
        lines = self._columns()
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        marks = ["   ", *("*  " if row[3] else "   " for row in self.rows)]
        text = [
            mark + "  ".join(word.ljust(width) for word, width in zip(line, widths, strict=True))
            for mark, line in zip(marks, lines, strict=True)
        ]
        return "\n".join(line.rstrip() for line in [*text, *self._rest()])

    def _rest(self) -> list[str]:
        return [f"   {self.right} more are right"] if self.right else []

    def _repr_html_(self) -> str:
        head, *lines = self._columns()
        cells = "".join(f'<th style="{HEAD}">{word}</th>' for word in ["", *head])
        body = ""
        for (*_, wrong), line in zip(self.rows, lines, strict=True):
            mark = '<span title="differs">≠</span>' if wrong else ""
            row = f'<td style="{CELL}">{mark}</td>'
            for title, word in zip(head, line, strict=True):
                style = CELL + MARKED * (wrong and title == "yours")
                row += f'<td style="{style}">{escape(word)}</td>'
            body += f"<tr>{row}</tr>\n"
        note = f"<small>{self.right} more are right.</small>" if self.right else ""
        return f'<table style="{TABLE}"><tr>{cells}</tr>\n{body}</table>{note}'


def _row(key: Any, expected: Mapping, got: Mapping) -> Row:
    one, other = (_words(side[key]) if key in side else NOTHING for side in (expected, got))
    wrong = key not in expected or key not in got or not same_answer(got[key], expected[key])
    if wrong and isinstance(expected.get(key), Tensor) and isinstance(got.get(key), Tensor) and one == other:
        count = int(differs(got[key], expected[key]).sum())
        other = f"{count} of {expected[key].numel()} numbers differ"
    return str(key), one, other, wrong


def _words(value: Any) -> str:
    """A value in one line."""
    if isinstance(value, Tensor):
        return (
            f"{str(value.dtype).removeprefix('torch.')} {tuple(value.shape)}" if value.ndim else repr(value)
        )
    if isinstance(value, Integral) and not isinstance(value, bool):
        return f"{int(value):,}"
    text = " ".join(repr(value).split())
    return text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."
