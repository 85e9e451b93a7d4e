"""TrainingDashboard: watch a network learn while the loop runs, pause it, stop it, and keep a picture of it.

Notebook 08 shows it; the curves and the buttons are in training_dashboard.js.
"""

import json
import time
from collections.abc import Iterable, Iterator
from typing import Any

import traitlets

from swin_edu.visuals.checks import within
from swin_edu.visuals.dashboard_figure import draw_dashboard
from swin_edu.visuals.explorer import FOLDER, Explorer, assemble_module
from swin_edu.visuals.kernel_messages import hear_browser, running_kernel
from swin_edu.visuals.picture import Picture
from swin_edu.visuals.sample_predictions import SamplePredictions, WatchedTraining
from swin_edu.visuals.training_curves import TrainingCurves
from swin_edu.visuals.training_words import Phase, about, describe_training

LISTEN_EVERY = 0.05  # seconds between two looks for a click
SEND_EVERY = 0.2  # seconds between two messages to the browser, at least
LOOK_EVERY = 0.5  # seconds between two looks at the test images, at least
SHARE = 50  # sending and looking may each take one part in so many of the time


class TrainingDashboard(Explorer):
    """Curves, predictions and buttons beside a training loop that runs in the notebook.

    The loop stays a plain ``for``, over `follow` instead of ``training.steps()``. While it runs, the browser
    gets at most five small messages a second; when it ends, a still picture takes the place of the live view,
    so that the saved notebook shows it without a kernel. Evaluate ``dashboard`` in a later cell to point at
    the curves again. Without a browser everything works as well, only nobody can press a button.

    Args:
        training: the loop to watch; None shows records without test images.
        pictures: how many test images are named again and again, 1 to 12.
        timed: whether the still picture shows images per second; they differ from run to run.

    Attributes:
        phase: "waiting", "running", "paused", "stopped", "finished" or "failed".

    Raises:
        TypeError: if training lacks what is needed; names it.
        traitlets.TraitError: if pictures is out of range.

    Example:
        >>> TrainingDashboard().phase
        'waiting'
    """

    _esm = assemble_module("training_dashboard.js")
    _css = Explorer._css + (FOLDER / "training_dashboard.css").read_text(encoding="utf-8")
    _photographs = traitlets.Dict().tag(sync=True)
    _samples = traitlets.Dict().tag(sync=True)  # right classes of the strip's images, and all class names
    # As JSON: ipywidgets would walk through every number of a list.
    _curves = traitlets.Unicode().tag(sync=True)
    _moments = traitlets.Unicode().tag(sync=True)
    _progress = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        training: WatchedTraining | None = None,
        pictures: int = 10,
        timed: bool = True,
        **kwargs: Any,
    ) -> None:
        lacking = [n for n in ("steps", "predict", "test_set") if training and not hasattr(training, n)]
        if lacking:
            raise TypeError(
                "TrainingDashboard needs a training loop with steps(), predict(images) and test_set, such as "
                f"swin_edu.training.Training; {type(training).__name__} has no {' and no '.join(lacking)}"
            )
        within(pictures, 1, 12, "pictures")
        self.timed = timed
        self._training = training
        self.phase: Phase = "waiting"
        self._wish: str | None = None
        self._clock = time.monotonic
        self._outputs: list[Any] = []
        self._due = dict.fromkeys(("listen", "tell", "look"), 0.0)
        self._record = TrainingCurves(getattr(getattr(training, "settings", None), "epochs", None))
        self._strip = None if training is None else SamplePredictions(training, pictures)
        photographs, samples = {}, {}
        if self._strip:
            photographs = {"tests": {"data": self._strip.atlas(), "focus": [0.5, 0.5]}}
            samples = {"labels": self._strip.labels, "names": self._strip.class_names}
        super().__init__(_photographs=photographs, _samples=samples, **kwargs, **self._for_browser())
        self.on_msg(self._hear)

    # ---- the loop -----------------------------------------------------------------------------------

    def follow(self, records: Iterable[Any] | None = None) -> Iterator[Any]:
        """Go through a loop's records while the dashboard shows them; may be paused and stopped there.

        Args:
            records: None for ``training.steps()``; or records that were kept, such as those of a log.

        Yields:
            The records, unchanged.

        Raises:
            ValueError: if there is neither a training nor records.

        Example:
            >>> list(TrainingDashboard().follow([]))
            []
        """
        if records is None:
            if self._training is None:
                raise ValueError("follow() needs records, because this dashboard was made without a training")
            records = self._training.steps()
        return self._follow(records)

    def _follow(self, records: Iterable[Any]) -> Iterator[Any]:
        if running_kernel() is not None and not self._outputs:
            self._ipython_display_()
        self._wish, self._began, self._paused = None, self._clock(), 0.0
        self._record.start()
        self._look()
        self._enter("running")
        end: Phase = "stopped"  # if the loop around this one is left
        try:
            for record in records:
                self._take(record)
                yield record
                self._heed_wishes()
                if self._wish == "stop":
                    break
            else:
                end = "finished"
        except Exception:
            end = "failed"
            raise
        finally:
            if hasattr(records, "close"):
                records.close()
            self._enter(end)
            self._leave_picture()

    def stop(self) -> None:
        """End the loop after the present step, as the button does; for the body of the loop."""
        self._wish = "stop"

    def _take(self, record: Any) -> None:
        now = self._clock()
        self._record.add(record, now - self._began - self._paused)
        epoch_is_over = hasattr(record, "test_accuracy")
        if epoch_is_over or now >= self._due["look"]:
            self._look()
        if epoch_is_over or now >= self._due["tell"]:
            self._tell_browser()

    def _heed_wishes(self) -> None:
        """Take clicks from the kernel's queue; while the loop is to pause, wait here."""
        if self._clock() < self._due["listen"]:
            return
        hear_browser()
        if self._wish == "pause" and running_kernel() is not None:  # else nobody could end the pause
            since = self._clock()
            self._enter("paused")
            try:
                while self._wish == "pause":
                    time.sleep(LISTEN_EVERY)
                    hear_browser()
            finally:
                self._paused += self._clock() - since
            if self._wish != "stop":
                self._enter("running")
        self._due["listen"] = self._clock() + LISTEN_EVERY

    def _hear(self, _: Any, content: Any, __: Any) -> None:
        if isinstance(content, dict) and content.get("wish") in ("pause", "resume", "stop"):
            self._wish = content["wish"]

    # ---- what the browser gets ------------------------------------------------------------------------

    def _enter(self, phase: Phase) -> None:
        self.phase = phase
        self._tell_browser()

    def _look(self) -> None:
        if self._strip:
            since = self._clock()
            self._strip.look(self._record.place)
            now = self._clock()
            self._due["look"] = now + max(LOOK_EVERY, SHARE * (now - since))

    def _tell_browser(self) -> None:
        since = self._clock()
        with self.hold_sync():
            for name, value in self._for_browser().items():
                self.set_trait(name, value)
        now = self._clock()
        # A long run is watched less closely: once a second after five minutes.
        pace = min(1.0, max(SEND_EVERY, self._record.seconds / 300))
        self._due["tell"] = now + max(pace, SHARE * (now - since))

    def _for_browser(self) -> dict[str, Any]:
        moments = self._strip.moments if self._strip else []
        left = self._record.seconds_left
        words = {
            "phase": self.phase,
            "sentence": self.sentence,
            "left": "" if left is None else f"{about(left)} left",
        }
        return {
            "_curves": json.dumps(self._record.columns(), allow_nan=False),
            "_moments": json.dumps([(m.place, m.named, m.confidence, m.truth) for m in moments]),
            "_progress": {**self._record.progress(), **words},
        }

    # ---- words and pictures -----------------------------------------------------------------------------

    @property
    def sentence(self) -> str:
        """What the dashboard shows now, in words."""
        return describe_training(self._record, self._strip, self.phase)

    @property
    def code(self) -> str:
        """The line of the loop that is watched."""
        return "for record in dashboard.follow(): ..."

    def picture(self) -> bytes:
        """Draw what is shown now as a PNG file.

        Returns:
            The file's bytes.

        Example:
            >>> TrainingDashboard().picture()[1:4]
            b'PNG'
        """
        return draw_dashboard(self._record, self._strip, self.sentence, self.timed)

    def still(self) -> Picture:
        """What is shown now as a picture for the end of a cell.

        Example:
            >>> TrainingDashboard().still()
            Picture: Waiting for the first step of the loop.
        """
        return Picture(self.picture(), self.sentence, self.picture_width)

    def _repr_mimebundle_(self, **kwargs: object) -> tuple[dict, dict] | None:
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is not None:
            bundle[1]["image/png"]["alt"] = self.sentence
        return bundle

    def _ipython_display_(self) -> None:
        """Show the live view in an output that can be replaced by the picture later."""
        from IPython.display import display

        data, metadata = self._repr_mimebundle_() or ({"text/plain": repr(self)}, {})
        output = display(data, metadata=metadata, raw=True, display_id=True)
        if running_kernel() is not None:
            self._outputs.append(output)

    def _leave_picture(self) -> None:
        """Put the picture where the live view is: a view needs a kernel, and a saved notebook has none."""
        for output in self._outputs:
            shown = {"image/png": {"width": self.picture_width, "alt": self.sentence}}
            output.update({"image/png": self.picture(), "text/plain": repr(self)}, metadata=shown, raw=True)
        self._outputs.clear()
