"""From outcomes to a verdict: which cases are right, what is wrong with the first other, what it looks like.

`Exercise.judge` uses it, for outcomes of this process and of an isolated one alike. No learner's code runs
here.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from torch import Tensor

from swin_edu.exercises.answers import copy_of, describe_difference, same_answer
from swin_edu.exercises.report import Report
from swin_edu.exercises.running import TIME_LIMIT, UNWRITTEN, Outcome, run, same_outcome

if TYPE_CHECKING:
    from swin_edu.exercises.engine import Exercise

NOT_WRITTEN = "not written yet (or is there no return?). Take your time."
SEEN = "right for the cases you can see"
HIDDEN = f"{SEEN}, not for others. What in your code fits only some sizes or numbers?"
CHANGED = "your function changes its input. Work on a copy, or build something new"


def judge(
    exercise: "Exercise",
    outcomes: Sequence[Outcome],
    cases: Sequence[tuple[Any, ...]],
    visible: int | None,
    called: str = "",
) -> Report:
    """The report on what a function did; see `Exercise.judge`."""
    if len(outcomes) > len(cases):
        raise ValueError(f"{len(outcomes)} outcomes for {len(cases)} cases of {exercise.name}: one a case")
    visible = len(cases) if visible is None else visible
    expected = [exercise.reference(*copy_of(arguments)) for arguments in cases]
    pairs = list(zip(outcomes, expected, strict=False))
    right = sum(_is_right(outcome, answer) for outcome, answer in pairs)
    number = next((i for i, pair in enumerate(pairs) if not _is_right(*pair)), len(pairs))
    counts = {"right": right, "cases": len(cases)}
    if number == len(cases):
        return Report(exercise.name, True, f"right! ({right} case{'s' if right > 1 else ''})", **counts)
    outcome = outcomes[number] if number < len(outcomes) else Outcome()
    if is_unwritten(outcome) and number == 0:
        return Report(exercise.name, False, NOT_WRITTEN, case=number, **counts)
    # A lambda has no name to call it by.
    call = call_of(called if called.isidentifier() else exercise.name, cases[number])
    words, mistake = fault(outcome, expected[number], _place(number, visible, call)), None
    if number >= visible:
        words = _hidden_fault(outcome)
    # After the time limit the rest was not run: too little to recognise a mistake by.
    if len(outcomes) == len(cases) and not any(is_over(outcome) for outcome in outcomes):
        mistake = recognise(exercise, outcomes, cases)
    if mistake:
        words = f"{words}{'' if words.endswith('?') else '.'} {exercise.mistakes[mistake].hint}"
    seen = number < visible and outcome.error is None
    shown = {"call": call, "expected": expected[number], "got": outcome.got} if seen else {}
    return Report(exercise.name, False, words, mistake, number, **counts, **shown)


def is_over(outcome: Outcome) -> bool:
    """Whether the time was over."""
    return outcome.error is not None and outcome.error.kind == TIME_LIMIT


def is_unwritten(outcome: Outcome) -> bool:
    """Whether nothing was written yet: no answer, or `raise NotImplementedError`."""
    return outcome.got is None if outcome.error is None else outcome.error.kind == UNWRITTEN


def call_of(name: str, arguments: tuple[Any, ...]) -> str:
    """How a case is called, such as "mask_1d(12, 4, 1)"; empty where the arguments can't be read.

    Beside something that can be read, a tensor is said by its shape.
    """
    plain = (int, float, str, bool, tuple)
    if not all(isinstance(argument, (*plain, Tensor)) for argument in arguments):
        return ""
    if not any(isinstance(argument, plain) for argument in arguments):
        return ""
    return f"{name}({', '.join(map(_said, arguments))})"


def _said(argument: Any) -> str:
    return f"tensor {tuple(argument.shape)}" if isinstance(argument, Tensor) else repr(argument)


def fault(outcome: Outcome, expected: Any, place: str) -> str:
    """What is wrong with a wrong answer: the time, an error, the input, or the answer itself."""
    if is_over(outcome):
        return f"{place} was {outcome.error.text}. Which of your loops never ends?"
    if outcome.error is not None:
        return f"{place} raised {outcome.error.kind}: {outcome.error.text}"
    if outcome.changed_input:
        return CHANGED
    if outcome.got is None:
        return f"{place}: your function returned nothing. Which way through it has no return?"
    return f"{place}: {describe_difference(outcome.got, expected)}"


def recognise(
    exercise: "Exercise", outcomes: Sequence[Outcome], cases: Sequence[tuple[Any, ...]]
) -> str | None:
    """The name of the known mistake that does the same with every case, if there is one."""
    for name, mistake in exercise.mistakes.items():
        # One case after the other, so that most mistakes are out after the first.
        if all(
            same_outcome(outcome, run(mistake.function, case))
            for outcome, case in zip(outcomes, cases, strict=True)
        ):
            return name
    return None


def _is_right(outcome: Outcome, expected: Any) -> bool:
    """An answer came, is the expected one, and cost the input nothing."""
    return outcome.error is None and not outcome.changed_input and same_answer(outcome.got, expected)


def _place(number: int, visible: int, call: str) -> str:
    return f"case {number + 1} of {visible}{', ' if call else ''}{call}"


def _hidden_fault(outcome: Outcome) -> str:
    """What may be said about a hidden case: the kind of trouble, no numbers."""
    if is_over(outcome):
        return f"{SEEN}; another one never ended. Which of your loops depends on the size?"
    if outcome.error is not None:
        return f"{SEEN}; another one raised {outcome.error.kind}. What does your code take for granted?"
    return CHANGED if outcome.changed_input else HIDDEN
