"""Pages that show what students wrote and printed, without running any of it in somebody's browser.

nbgrader's pages put the HTML of answers into the page as it is; with these two steps, which `Course.config`
names, a script in a submission reaches neither whoever marks it nor another student.
"""

import base64
import binascii
import re
from typing import Any

import bleach
from jinja2 import pass_context
from jinja2.runtime import Context
from nbconvert.exporters.exporter import ResourcesDict
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor

__all__ = ["CleanOutputs", "markdown_to_safe_html"]

TEXT_TAGS = {
    "abbr",
    "b",
    "br",
    "code",
    "del",
    "em",
    "i",
    "kbd",
    "q",
    "s",
    "small",
    "span",
    "strong",
    "sub",
    "sup",
}
BLOCK_TAGS = {"blockquote", "dd", "details", "div", "dl", "dt", "hr", "li", "ol", "p", "pre", "summary", "ul"}
TABLE_TAGS = {"caption", "table", "tbody", "td", "tfoot", "th", "thead", "tr"}
TAGS = TEXT_TAGS | BLOCK_TAGS | TABLE_TAGS | {"a", "img"} | {f"h{level}" for level in range(1, 7)}
SCHEME = re.compile(r"^### (BEGIN|END) MARK SCHEME$", re.MULTILINE)  # nbgrader's marks; no words for readers
PICTURES = ("image/png", "image/jpeg")
SHOWN = ("text/plain", "text/html", "text/markdown", "text/latex", "image/svg+xml", *PICTURES)


@pass_context
def markdown_to_safe_html(context: Context, source: str) -> str:
    """The filter in place of nbconvert's `markdown2html`: the same, and then only what cannot do anything.

    Pictures that are attached to the cell are shown; nothing is loaded from elsewhere. Whoever marks
    finds the marking notes under a title instead of between nbgrader's marks.

    Args:
        context: of the template; its cell may have attachments.
        source: Markdown, with HTML in it perhaps.

    Returns:
        HTML without scripts, handlers, styles and frames. Formulas stay as they are, for MathJax.

    Example:
        >>> from jinja2 import Environment
        >>> page = Environment().from_string("")
        >>> source = "*a* <img src=x onerror=steal()><script>b</script>"
        >>> markdown_to_safe_html(page.new_context(), source).strip()
        '<p><em>a</em> <img>&lt;script&gt;b&lt;/script&gt;</p>'
    """
    source = SCHEME.sub(lambda mark: "**Marking notes**" if mark[1] == "BEGIN" else "", source)
    attachments = context.get("cell", {}).get("attachments", {})
    renderer = IPythonRenderer(escape=False, attachments=attachments, exclude_anchor_links=True)
    html = MarkdownWithMath(renderer=renderer).render(source)
    protocols = ("http", "https", "mailto", "data")
    return bleach.clean(html, tags=TAGS, attributes=_is_harmless, protocols=protocols)


class CleanOutputs(NbGraderPreprocessor):
    """Keep of each output what is looked at: text, tables, pictures. For after students' code was run."""

    def preprocess_cell(
        self, cell: NotebookNode, resources: ResourcesDict, cell_index: int
    ) -> tuple[NotebookNode, ResourcesDict]:
        """Take out scripts, live views, and what an output says of itself.

        nbconvert writes a picture's width into the page without quotes, and so whatever else it says.

        Args:
            cell: of a notebook that was run.
            resources: of nbconvert.
            cell_index: its number.

        Returns:
            Both; the cell is changed in place.
        """
        for output in cell.get("outputs", []):
            if "metadata" in output:
                output.metadata = NotebookNode({kind: _size(output.metadata.get(kind)) for kind in PICTURES})
            data: dict[str, Any] = output.get("data", {})
            unwanted = [kind for kind in data if kind not in SHOWN or not _is_picture(kind, data[kind])]
            for kind in unwanted:
                del data[kind]
        return cell, resources


def _is_harmless(tag: str, name: str, value: str) -> bool:
    if (tag, name) == ("img", "src"):
        return value.startswith(tuple(f"data:{kind};base64," for kind in PICTURES))
    if (tag, name) == ("a", "href"):
        return value.startswith(("http://", "https://", "mailto:", "#"))
    return name in ("alt", "title", "colspan", "rowspan", "align", "open", "start")


def _size(metadata: Any) -> NotebookNode:
    """Width and height of a picture, where they are numbers."""
    given = metadata if isinstance(metadata, dict) else {}
    return NotebookNode({name: given[name] for name in ("width", "height") if type(given.get(name)) is int})


def _is_picture(kind: str, value: Any) -> bool:
    """Whether what calls itself a picture is base64; true for every other kind."""
    if kind not in PICTURES:
        return True
    try:
        base64.b64decode("".join(value).replace("\n", ""), validate=True)
    except (binascii.Error, ValueError, TypeError):
        return False
    return True
