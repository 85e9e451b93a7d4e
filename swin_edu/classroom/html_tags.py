"""HTML that cannot be broken into: every text is escaped unless it was made here.

The teacher's page is built with it, since names, messages and outputs in it were written by others.
"""

import html
import re

__all__ = ["UNSEEN", "Html", "join", "tag"]

# Control characters, and those that turn the direction of a line around or hide what follows.
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
VOID = ("br", "input", "meta", "wbr")


class Html(str):
    """Text that is HTML already.

    Example:
        >>> tag("p", Html("<b>a</b>"), "<b>")
        '<p><b>a</b>&lt;b&gt;</p>'
    """


def join(*children: "str | None") -> Html:
    """Several pieces one after the other; plain text among them is escaped.

    Args:
        children: HTML or text; None is left out.

    Example:
        >>> join("1 < 2", tag("br"))
        '1 &lt; 2<br>'
    """
    return Html("".join(_escaped(child) for child in children if child is not None))


def tag(name: str, /, *children: str | None, **attributes: str | int | float | bool | None) -> Html:
    """An element.

    Args:
        name: of the element.
        children: what is in it; plain text is escaped.
        attributes: without the last underscore of `class_`, with hyphens for the other underscores; True
            stands alone, None and False are left out.

    Example:
        >>> tag("a", "a & b", href='x"y', class_="far", data_n=3, hidden=True)
        '<a href="x&quot;y" class="far" data-n="3" hidden>a &amp; b</a>'
    """
    words = name
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        words += f" {key.rstrip('_').replace('_', '-')}"
        words += "" if value is True else f'="{_escaped(str(value))}"'
    return Html(f"<{words}>" if name in VOID else f"<{words}>{join(*children)}</{name}>")


def _escaped(text: str) -> str:
    return text if isinstance(text, Html) else html.escape(UNSEEN.sub("\ufffd", text))
