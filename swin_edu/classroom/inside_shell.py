"""IPython inside the isolated process: it runs a submission's cells and keeps what they show, up to a limit.

`inside` uses it. The outputs are those of nbformat, so that they can go back into the notebook.
"""

import binascii
import io
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Type
from traitlets.config import Config

__all__ = ["Outputs", "StudentShell", "TimeLimit", "time_limit"]

LEFT_OUT = "\n[the rest is left out: too long]\n"
MOST_TEXT = 10_000
MOST_FRAMES = 15  # from either end
TEXT_SHARE = 40  # a picture may take all of the room, printed text one part in so many


class TimeLimit(BaseException):
    """Code ran longer than it may. No `Exception`, so that a student's `except Exception` lets it through."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Ask code in the block to stop after so many seconds, as Ctrl+C would.

    This is the gentle way, which keeps the process and all that it has defined. Code that catches everything,
    or that replaces the signal's handler, gets around it; the session outside then ends the process.
    """

    def stop(number: int, frame: FrameType | None) -> None:
        raise TimeLimit(f"still running after {seconds:g} s")

    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


class Outputs:
    """What one cell shows, as nbformat outputs, up to so many characters.

    Args:
        limit: characters of text and images together; what comes later is left out, and a line says so.

    Example:
        >>> outputs = Outputs(3)
        >>> outputs.stream("stdout", "hel"); outputs.stream("stdout", "lo"); outputs.found
        [{'output_type': 'stream', 'name': 'stdout', 'text': 'hel\\n[the rest is left out: too long]\\n'}]
    """

    MOST = 200

    def __init__(self, limit: int) -> None:
        self.found: list[dict[str, Any]] = []
        self.left = limit
        self.printable = max(limit // TEXT_SHARE, min(limit, 100))
        self.cut = False

    def stream(self, name: str, text: str) -> None:
        """Add printed text to the last stream, or begin one."""
        if self.cut or not text:
            return
        room = min(self.left, self.printable)
        if len(text) > room or len(self.found) >= self.MOST:
            text, self.cut = text[:room] + LEFT_OUT, True
        self.left -= len(text)
        self.printable -= len(text)
        last = self.found[-1] if self.found else {}
        if last.get("output_type") == "stream" and last["name"] == name:
            last["text"] += text
        else:
            self.found.append({"output_type": "stream", "name": name, "text": text})

    def add(self, output: dict[str, Any], size: int) -> None:
        """Add an output of another kind."""
        if self.cut:
            return
        if size > self.left or len(self.found) >= self.MOST:
            self.left = 0
            self.stream("stderr", " ")
        else:
            self.left -= size
            self.found.append(output)

    def show(self, kind: str, data: dict[str, Any], metadata: Any = None, **more: Any) -> None:
        """Add something displayed. Text and images only: a teacher's page will show it."""
        given = metadata if isinstance(metadata, dict) else {}
        images = {mime: data[mime] for mime in ("image/png", "image/jpeg") if mime in data}
        images = {m: v if isinstance(v, str) else binascii.b2a_base64(v).decode() for m, v in images.items()}
        # An explorer's text is all of its source.
        data = {"text/plain": str(data.get("text/plain", ""))[:MOST_TEXT], **images}
        # How wide a picture is to be shown; its own pixels are finer. What else is said there stays here.
        widths = {m: given[m].get("width") for m in images if isinstance(given.get(m), dict)}
        sizes = {m: {"width": width} for m, width in widths.items() if type(width) is int}
        self.add({"output_type": kind, "data": data, "metadata": sizes, **more}, sum(map(len, data.values())))


class _Printed(io.TextIOBase):
    """What stands in the place of stdout or stderr."""

    encoding = "utf-8"

    def __init__(self, shell: "StudentShell", name: str) -> None:
        self.shell, self.name = shell, name

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.shell.outputs.stream(self.name, str(text))
        return len(text)


class _Results(DisplayHook):
    """The value of a cell's last line."""

    def write_output_prompt(self) -> None:
        pass

    def write_format_data(self, format_dict: dict[str, Any], md_dict: dict[str, Any] | None = None) -> None:
        self.shell.outputs.show("execute_result", format_dict, md_dict, execution_count=self.shell.number)


class _Displays(DisplayPublisher):
    """Everything given to `display`."""

    def publish(self, data: dict[str, Any], metadata: Any = None, **more: Any) -> None:
        self.shell.outputs.show("display_data", data, metadata)

    def clear_output(self, wait: bool = False) -> None:
        self.shell.outputs.found.clear()


class StudentShell(InteractiveShell):
    """IPython without a terminal, without history, and with its outputs kept."""

    displayhook_class = Type(_Results)
    display_pub_class = Type(_Displays)

    outputs = Outputs(0)
    number = 0

    @classmethod
    def start(cls) -> "StudentShell":
        """The one shell of this process."""
        settings = Config()
        settings.HistoryManager.enabled = False
        settings.StudentShell.colors = "nocolor"
        shell = cls.instance(config=settings)
        sys.stdout, sys.stderr = _Printed(shell, "stdout"), _Printed(shell, "stderr")
        return shell

    def init_sys_modules(self) -> None:
        """The student's module is `__main__`, as in a notebook."""
        self.user_module.__name__ = "__main__"
        super().init_sys_modules()

    def _get_exc_info(self, exc_tuple: Any = None) -> Any:
        """The exception to show. IPython takes seconds for the thousand frames of an endless recursion."""
        kind, error, trace = super()._get_exc_info(exc_tuple)
        frames = []
        while trace is not None:
            frames.append(trace)
            trace = trace.tb_next
        if len(frames) > 2 * MOST_FRAMES:
            frames[MOST_FRAMES - 1].tb_next = frames[-MOST_FRAMES]
        return kind, error, frames[0] if frames else None

    def _showtraceback(self, etype: type, evalue: BaseException, stb: list[str]) -> None:
        text = [str(line) for line in stb]
        error = {"output_type": "error", "ename": etype.__name__, "evalue": str(evalue), "traceback": text}
        self.outputs.add(error, sum(map(len, text)) + len(error["evalue"]))

    def run(self, source: str, number: int, seconds: float, limit: int) -> dict[str, Any]:
        """Run one cell.

        Args:
            source: its code.
            number: what its result is numbered with.
            seconds: how long it may run.
            limit: most characters of output.

        Returns:
            Its outputs and its status: "ok", "error" or "stopped".
        """
        self.outputs, self.number = Outputs(limit), number
        status = "ok"
        try:
            with time_limit(seconds):
                result = self.run_cell(source, store_history=False)
            error = result.error_before_exec or result.error_in_exec
        except BaseException as raised:  # between IPython's lines, or from a formatter of the student's own
            error = raised
            self._showtraceback(type(raised), raised, [f"{type(raised).__name__}: {raised}"])
        if error is not None:
            status = "stopped" if isinstance(error, TimeLimit) else "error"
        return {"outputs": self.outputs.found, "status": status}

    @contextmanager
    def silence(self) -> Iterator[None]:
        """Whatever is shown meanwhile is thrown away: it would show hidden cases."""
        self.outputs = Outputs(0)
        yield
