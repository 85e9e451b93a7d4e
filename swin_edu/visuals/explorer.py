"""What all explorers share on the Python side: one ES module, the palette, and a picture for the page.

Every notebook with something to play with shows an `Explorer`. Its JavaScript does all the work in the
browser and needs no kernel; Python holds the state, checks it, and draws the picture that stays in the
saved notebook.
"""

import re
from functools import cache
from pathlib import Path

import anywidget
import traitlets

from swin_edu.visuals.palette import PALETTE

FOLDER = Path(__file__).parent
IMPORT = re.compile(r'^import \{[^}]*\} from "\./([\w.]+)";\n', re.MULTILINE)


@cache
def assemble_module(file_name: str) -> str:
    """Put an explorer's JavaScript and all it imports into one ES module.

    A widget is one module, and there is no bundler here: the files that it imports from this folder
    (`import { ... } from "./kit.js"`) are written before it, once each, and only its own exports stay.
    So no two of these files may give one name to two things.

    Args:
        file_name: the explorer's file in this folder, such as "shift_explorer.js".

    Returns:
        The module's text.

    Raises:
        FileNotFoundError: if the file, or one that it imports, is not there.

    Example:
        >>> "import {" in assemble_module("shift_explorer.js")
        False
    """
    parts: dict[str, str] = {}

    def add(name: str) -> None:
        text = (FOLDER / name).read_text(encoding="utf-8")
        for imported in IMPORT.findall(text):
            if imported not in parts:
                add(imported)
        text = IMPORT.sub("", text)
        parts[name] = text if name == file_name else re.sub(r"^export ", "", text, flags=re.MULTILINE)

    add(file_name)
    return "\n".join(parts.values())


class Explorer(anywidget.AnyWidget):
    """An interactive picture: state in synced traits, drawing in the browser.

    A subclass gives `_esm` (from `assemble_module`), its traits, `state_names`, `code` and `picture`.
    Shown in a notebook, it is one live view; in the saved page, where no kernel runs, it is the picture.

    Example:
        >>> Explorer.__name__
        'Explorer'
    """

    _css = (FOLDER / "kit.css").read_text(encoding="utf-8")
    _palette = traitlets.Dict().tag(sync=True)
    _initial = traitlets.Dict().tag(sync=True)

    state_names: tuple[str, ...] = ()
    picture_width = 1000  # of the still picture, in CSS pixels

    @traitlets.default("_palette")
    def _palette_for_browser(self) -> dict[str, dict[str, str]]:
        return {name: {"light": colour.light, "dark": colour.dark} for name, colour in PALETTE.items()}

    def picture(self) -> bytes:
        """Draw the present state as a PNG file, from the library's own numbers.

        Returns:
            The file's bytes.
        """
        raise NotImplementedError

    @property
    def code(self) -> str:
        """The Python line that gives the numbers on show, as the copy button copies it."""
        raise NotImplementedError

    def reset(self) -> None:
        """Go back to the state that the explorer was made with."""
        with self.hold_sync(), self.hold_trait_notifications():
            for name, value in self._initial.items():
                setattr(self, name, value)

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.state_names)
        return f"{type(self).__name__}({shown})"

    def _repr_mimebundle_(self, **kwargs: object) -> tuple[dict, dict] | None:
        # JupyterLab shows the live view and ignores the PNG; a page without a kernel shows the PNG.
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is None:
            return None
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        shown = {"image/png": {"width": self.picture_width, "alt": f"A still picture of {self!r}."}}
        return {**data, "image/png": self.picture()}, {**metadata, **shown}
