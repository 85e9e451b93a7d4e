"""How tables and cards of the exercises look in a notebook: its own colours, light or dark, written once.

Answer tables, the list of exercises and their cards use it.
"""

import re
from html import escape

# JupyterLab's colours where it is JupyterLab; elsewhere the page's own and a half-transparent grey.
INK, QUIET = "var(--jp-ui-font-color1,inherit)", "var(--jp-ui-font-color2,inherit)"
GOOD = "var(--jp-success-color1,#2e7d32)"
BORDER = "var(--jp-border-color2,rgba(128,128,128,0.4))"
TABLE = "border-collapse:collapse;margin:6px 0;text-align:left;max-width:760px"
HEAD = f"text-align:left;padding:4px 12px 4px 6px;font-weight:600;border-bottom:2px solid {BORDER}"
CELL = f"text-align:left;vertical-align:top;padding:4px 12px 4px 6px;border-bottom:1px solid {BORDER};"
MARKED = "font-weight:600;background-color:rgba(224,120,42,0.18);"
CARD = f"border:1px solid {BORDER};border-radius:8px;padding:10px 16px;margin:6px 0;max-width:720px"
CODE = (
    "white-space:pre;overflow:auto;margin:8px 0;padding:8px 12px;border-radius:6px;"
    "background-color:rgba(128,128,128,0.12)"
)
LEVEL = "display:inline-block;padding:0 8px;border-radius:9px;background-color:rgba(128,128,128,0.16)"


def words_of(text: str) -> str:
    """A text as HTML: nothing in it is read as HTML, and what stands in backticks is code.

    Example:
        >>> words_of("`s` < M")
        '<code>s</code> &lt; M'
    """
    return re.sub(r"`([^`\n]+)`", r"<code>\1</code>", escape(text))


def pre_of(text: str) -> str:
    """A piece of code as HTML.

    Example:
        >>> pre_of("a < b").endswith("a &lt; b</pre>")
        True
    """
    return f'<pre style="{CODE}">{escape(text)}</pre>'
