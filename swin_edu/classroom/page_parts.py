"""Small parts of the teacher's page: tiles, names, texts that are cut or may break.

`page_sections.py` and `page_tables.py` are made of them.
"""

from collections.abc import Mapping
from urllib.parse import quote

from swin_edu.classroom.html_tags import Html, join, tag

__all__ = ["Links", "may_break", "name_of", "plural", "short", "tile", "with_code"]

# An output can be of any length; what a person needs of it stands at its beginning.
MOST_LETTERS = 300
Links = Mapping[str, str]


def tile(title: str, big: Html, *below: Html | None, class_: str = "tile") -> Html:
    """One thing to know at a glance.

    Args:
        title: what it is, in a word or two.
        big: the thing itself.
        below: lines in small letters; empty ones are left out.
        class_: for the style.

    Example:
        >>> tile("Handed in", Html("20"), None)
        '<div class="tile"><p class="title">Handed in</p><p class="big">20</p></div>'
    """
    words = [tag("p", text) for text in below if text]
    return tag("div", tag("p", title, class_="title"), tag("p", big, class_="big"), *words, class_=class_)


def name_of(student: str, links: Links) -> Html:
    """A student, as a link where there is somewhere to go.

    Args:
        student: the id; one that is written from right to left does not turn what is beside it.
        links: by student, where to go.

    Example:
        >>> name_of("ada", {"ada": "pages/a b.html"})
        '<a href="pages/a%20b.html"><bdi>ada</bdi></a>'
    """
    name, link = tag("bdi", student), links.get(student)
    return tag("a", name, href=quote(link)) if link else name


def may_break(name: str) -> Html:
    """A name that breaks between its words, if it has to.

    Args:
        name: such as `count_multiply_adds`.

    Example:
        >>> may_break("mask_any")
        'mask_<wbr>any'
    """
    *begin, last = name.split("_")
    return join(*(join(f"{word}_", tag("wbr")) for word in begin), last)


def with_code(text: str) -> Html:
    """A text in which what stands between backticks is code.

    Args:
        text: of an exercise.

    Example:
        >>> with_code("`s` < 4")
        '<code>s</code> &lt; 4'
    """
    parts = text.split("`")
    return join(*(tag("code", part) if k % 2 else part for k, part in enumerate(parts)))


def short(text: str) -> str:
    """The beginning of a text, on one line.

    Args:
        text: of any length.

    Example:
        >>> short("two\\n lines"), len(short("a" * 1000))
        ('two lines', 302)
    """
    text = " ".join(text.split())
    return text if len(text) <= MOST_LETTERS else f"{text[:MOST_LETTERS]} …"


def plural(number: int, one: str, more: str) -> str:
    """A number with its word.

    Args:
        number: how many.
        one, more: the word for one, and for any other number.

    Example:
        >>> plural(1, "student", "students"), plural(0, "student", "students")
        ('1 student', '0 students')
    """
    return f"{number} {one if number == 1 else more}"
