"""A submission is run in isolation: its cells, then its functions on the cases; nothing is compared there.

`isolated_execute` grades notebooks with it. Only arguments go into the isolated process, and only answers
come out.

**Whom this is made against.** A student who writes Python and knows all of this code, and wants points
without the answer, or to see what is hidden, or to spoil the grading for others. All of the submission may
be hostile.

**What holds** (`tests/classroom` tries each as a student would):

- Points. No expected answer, no mark and no comparison is in the process. A forged message is an answer
  like any other: it is unpacked without running anything, and compared outside. Printing a result, patching
  the exercises, `torch.equal` or `Tensor.__eq__`, or answering with an object that is equal to everything
  gives nothing.
- Secrets. In the box there are Python, the installed packages and the library, all read-only; no exercises,
  no checkout, no home folders, no other submissions, no gradebook, none of the grader's environment or
  processes. A new network without any device. A case is sent only when its turn comes.
- The machine. Files go to a small file system in memory that is thrown away. Memory, processor time, time
  of the clock, open files, sizes of outputs and answers are limited; new processes are refused (`seccomp`),
  since a number of processes cannot be limited for root. When the grader dies, the box dies.
- The others. A cell or function that hangs or ends its process costs that one a restart; the rest goes on.

**What does not hold.**

- A hole in the Linux kernel or in bubblewrap is a hole here.
- The library without its exercises can be imported, as in any notebook: `swin_edu.model` solves some of them.
  Whether a student calls it is for the teacher to see.
- A function sees the arguments of hidden cases (else it could not answer them), and later answers can carry
  them out. So they are asked last; show a student answers to the visible cases only, as
  `exercise.judge(..., visible=n)` does. How many are right is told, and is a few bits of them.
- Names of folders that are mounted (where Python is installed) can be read; what else is in them cannot.
- Text and pictures come out and are shown. HTML and scripts among the outputs do not, but a notebook's own
  markdown cells never pass through here.
- Submissions that run at once share the processor and add up in memory.
- Without isolation (`Sandbox(None)`) only the limits on memory, time, files and outputs hold, and no secrets.

**For honest submissions.** New processes are refused, so `DataLoader(num_workers=2)`, `!commands` and
`torch.compile` do not work; torch runs on one thread. Whoever grades several at once does it in several
processes rather than threads: functions among the arguments are called in a fork (`given_functions`).
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from swin_edu.classroom.cell_outputs import checked_outputs, stopped_output
from swin_edu.classroom.sandbox import Sandbox
from swin_edu.classroom.worker import STOPPED, Limits, Lost, OutOfTime, Worker
from swin_edu.exercises.running import TIME_LIMIT, Outcome, Problem

__all__ = ["CellRun", "Limits", "Question", "SubmissionRun", "run_submission"]

Status = Literal["ok", "error", "stopped", "skipped"]


@dataclass(frozen=True)
class Question:
    """What a submission is asked.

    Args:
        function: name of the student's function.
        cases: arguments, the visible cases first.
        visible: how many of them students may see; None where all. No hidden case of any question is asked
            before every visible case was answered.

    Example:
        >>> Question("double", [(1,), (2,)]).function
        'double'
    """

    function: str
    cases: Sequence[tuple[Any, ...]]
    visible: int | None = None


@dataclass(frozen=True)
class CellRun:
    """What became of one cell.

    Args:
        outputs: as nbformat writes them.
        status: "ok"; "error" if it raised; "stopped" if it took too long or ended its process; "skipped" if
            its turn never came.
    """

    outputs: list[dict[str, Any]]
    status: Status


@dataclass(frozen=True)
class SubmissionRun:
    """What became of a submission.

    Args:
        cells: one for each cell.
        answers: for each question, what the function did with the first cases. There are fewer than cases
            where the process had to be ended or the time was over: the last one says why, and the others
            were not asked.
        troubles: what the teacher should know, a sentence each; empty as a rule.
    """

    cells: list[CellRun]
    answers: dict[str, list[Outcome]]
    troubles: list[str] = field(default_factory=list)


def run_submission(
    cells: Sequence[str], questions: Mapping[str, Question], *, limits: Limits | None = None, sandbox: Sandbox
) -> SubmissionRun:
    """Run a submission in isolation, and ask its functions.

    Args:
        cells: the source of its code cells, in order.
        questions: by the name that their answers get.
        limits: what it may use; `Limits()` where it is None.
        sandbox: what isolates it, from `find_sandbox`.

    Returns:
        Outputs and answers. Nothing that a submission does raises here.

    Raises:
        StartFailed: if the isolated process cannot be started at all, which is no submission's fault.
    """
    run = _Run(list(cells), dict(questions), limits or Limits(), sandbox)
    run.finish()
    cells_run = [run.cells.get(k, CellRun([], "skipped")) for k in range(len(run.sources))]
    return SubmissionRun(cells_run, run.answers, run.troubles)


class _Run:
    """One submission on its way, over one process or several."""

    def __init__(
        self, cells: list[str], questions: dict[str, Question], limits: Limits, sandbox: Sandbox
    ) -> None:
        self.sources, self.questions, self.limits, self.sandbox = cells, questions, limits, sandbox
        self.seconds_left = limits.total_seconds
        self.cells: dict[int, CellRun] = {}
        self.deadly: set[int] = set()  # cells that are left out from now on
        self.answers: dict[str, list[Outcome]] = {name: [] for name in questions}
        self.finished: set[str] = set()
        self.troubles: list[str] = []

    def finish(self) -> None:
        """Start processes until everything was asked, or none may be started any more."""
        for _ in range(1 + max(0, self.limits.restarts)):
            if self.seconds_left <= 0:
                break
            with Worker.start(self.sandbox, self.limits, self.seconds_left) as worker:
                if self._run_cells(worker):
                    self._ask(worker)
                self.seconds_left = worker.deadline - time.monotonic()
            if len(self.cells) == len(self.sources) and len(self.finished) == len(self.questions):
                return
        over = self.seconds_left <= 0
        reason = (
            f"all its {self.limits.total_seconds:g} s were used up"
            if over
            else "it ended its process too often"
        )
        self.troubles.append(f"not everything was run: {reason}")
        for name, question in self.questions.items():
            if name not in self.finished and len(self.answers[name]) < len(question.cases):
                self.answers[name].append(Outcome(error=Problem(TIME_LIMIT if over else STOPPED, reason)))

    def _run_cells(self, worker: Worker) -> bool:
        for k, source in enumerate(self.sources):
            if k in self.deadly:
                continue
            try:
                answer = worker.run_cell(source, k + 1)
            except OutOfTime:
                return False
            except Lost as lost:
                self.deadly.add(k)
                self.cells[k] = CellRun([stopped_output(str(lost))], "stopped")
                self.troubles.append(f"cell {k + 1}: {lost}")
                return False
            self._keep(k, answer)
        return True

    def _keep(self, k: int, answer: dict[str, Any]) -> None:
        if k in self.cells:  # run again after a restart: the student sees what the first time showed
            return
        status = answer.get("status")
        status = status if status in ("ok", "error", "stopped") else "error"
        self.cells[k] = CellRun(checked_outputs(answer.get("outputs"), self.limits.output_bytes), status)
        if status == "stopped":
            self.troubles.append(f"cell {k + 1}: stopped after {self.limits.cell_seconds:g} s")

    def _ask(self, worker: Worker) -> None:
        # What a function says of a visible case is shown to its student. It could tell of the hidden cases of
        # another question, so those come last, when nothing is shown any more.
        for hidden in (False, True):
            for name, question in self.questions.items():
                last = len(question.cases) if hidden or question.visible is None else question.visible
                if name not in self.finished and not self._ask_one(worker, name, last):
                    return

    def _ask_one(self, worker: Worker, name: str, last: int) -> bool:
        """Ask the cases of a question up to one; False where the process is lost."""
        question, answers = self.questions[name], self.answers[name]
        try:
            for arguments in question.cases[len(answers) : last]:
                answers.append(worker.run_case(question.function, arguments))
                if answers[-1].error is not None and answers[-1].error.kind == TIME_LIMIT:
                    self.troubles.append(f"{name}: case {len(answers)} took too long")
                    self.finished.add(name)  # one wait is enough
                    return True
            if len(answers) == len(question.cases):
                self.finished.add(name)
            return True
        except OutOfTime:
            return False
        except Lost as lost:
            self.finished.add(name)
            answers.append(Outcome(error=Problem(lost.kind, str(lost))))
            self.troubles.append(f"{name}: case {len(answers)}: {lost}")
            return False
