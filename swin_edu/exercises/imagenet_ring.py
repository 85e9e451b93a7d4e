"""The hard exercise on several GPUs: a sum over all processes, in a ring where each sends a little at a time.

Chapter 09 uses it. It is the first half of all-reduce, as NCCL and Gloo do it; the second half passes the
finished totals on.
"""

import random
from collections.abc import Callable

import torch
from torch import Tensor

from swin_edu.exercises.drawing import normal
from swin_edu.exercises.engine import Exercise, Mistake


def _ring_reduce(chunks: Tensor) -> Tensor:
    n, parts = len(chunks), chunks.clone()
    process = torch.arange(n)
    for t in range(n - 1):
        sent = (process - t) % n
        # No process sends the part that it receives.
        parts[(process + 1) % n, sent] += parts[process, sent]
    return parts


# ---- What goes wrong ----------------------------------------------------------------------------------


def _steps(
    chunks: Tensor,
    *,
    part: Callable[[int, int], int] = lambda p, t: p - t,
    to: int = 1,
    into: int = 0,
    first: int = 0,
    more: int = 0,
    adds: bool = True,
    empties: bool = False,
    first_numbers: bool = False,
    all_parts: bool = False,
    open_end: bool = False,
) -> Tensor:
    """The right answer, or one with a twist, one process after the other."""
    n, parts = len(chunks), chunks.clone()
    for t in range(first, first + n - 1 + more):
        before = chunks if first_numbers else parts.clone()
        for p in range(n - open_end):
            sent, receiver = part(p, t) % n, (p + to) % n
            if all_parts:
                parts[receiver] += before[p]
                continue
            own = (sent + into) % n
            parts[receiver, own] = before[p, sent] + (parts[receiver, own] if adds else 0)
            if empties:
                parts[p, sent] = 0
    return parts


def _mistake(hint: str, **twist: object) -> Mistake:
    return Mistake(lambda chunks: _steps(chunks, **twist), hint)


def _process_after_process(chunks: Tensor) -> Tensor:
    """All steps of process 0, then all of process 1."""
    n, parts = len(chunks), chunks.clone()
    for p in range(n):
        for t in range(n - 1):
            parts[(p + 1) % n, (p - t) % n] += parts[p, (p - t) % n]
    return parts


def _total_everywhere(chunks: Tensor) -> Tensor:
    return chunks.sum(dim=0).expand_as(chunks)


def _totals_written_in(chunks: Tensor) -> Tensor:
    """The finished totals in their places, all other parts as they came."""
    process, parts = torch.arange(len(chunks)), chunks.clone()
    parts[process, (process + 1) % len(chunks)] = chunks.sum(dim=0).roll(-1, dims=0)
    return parts


def _axes_swapped(chunks: Tensor) -> Tensor:
    return _steps(chunks.transpose(0, 1)).transpose(0, 1)


def _input_changed(chunks: Tensor) -> Tensor:
    return chunks.copy_(_steps(chunks))


def _digits(n: int, k: int) -> Tensor:
    """(n, n, k): one digit each, at the place of its process, so that a sum shows who is in it."""
    return 10.0 ** torch.arange(n)[:, None, None] * torch.arange(1, n * k + 1).view(1, n, k)


def _draw_chunks(generator: random.Random) -> tuple[Tensor]:
    n = generator.randint(3, 6)
    k = generator.choice([k for k in range(1, 5) if k != n])
    return (normal(generator, n, n, k),)


ring_reduce = Exercise(
    name="ring_reduce",
    chapter="09",
    difficulty="hard",
    minutes=30,
    task="chunks[p, c], of n x n x k numbers, is part c of process p's gradient; the processes stand in a "
    "ring. There are n - 1 steps: t is 0, 1, and so on. In each, all at the same time, process p sends a "
    "copy of its part (p-t) % n, with all that was added to it so far, to process (p+1) % n, which adds it "
    "to its own part of the same number. Return all parts after the last step, in the same shape. Leave "
    "`chunks` as it was.\n\n"
    "ring_reduce(torch.tensor([[[1.0], [2.0]], [[10.0], [20.0]]]))  # [[[1], [22]], [[11], [20]]]",
    reference=_ring_reduce,
    cases=lambda: [
        (_digits(3, 2),),
        (normal(random.Random(3), 4, 4, 3),),
        (normal(random.Random(1), 2, 2, 3),),
        (normal(random.Random(2), 5, 5, 2, dtype=torch.float64),),
    ],
    mistakes={
        "to_the_one_before": _mistake(
            "Your parts travel against the ring. Is process p + 1 the sender or the receiver?", to=-1
        ),
        "ring_not_closed": _mistake(
            "Your last process sends nothing. Who stands after it in a ring?", open_end=True
        ),
        "part_p_plus_t": _mistake(
            "In your second step a process sends a part that it did not just receive. Which one did it "
            "receive?",
            part=lambda p, t: p + t,
        ),
        "part_p_always": _mistake(
            "Your processes send the same part in every step. What does t change?", part=lambda p, t: p
        ),
        "part_t_for_all": _mistake(
            "All your processes send a part of the same number. Which one does process p send in step t?",
            part=lambda p, t: t,
        ),
        "replaced": _mistake(
            "What arrives takes the place of what was there. What should become of the receiver's own "
            "numbers?",
            adds=False,
        ),
        "next_part": _mistake(
            "Your receiver adds part c to its part c + 1. Which two numbers belong together?", into=1
        ),
        "steps_from_one": _mistake(
            "Your totals are whole, but they end with other processes. What is t in your first step?", first=1
        ),
        "one_step_too_many": _mistake(
            "You send the finished totals on, and they are added once more. How often is a part sent until "
            "all n processes are in it?",
            more=1,
        ),
        "one_step_too_few": _mistake(
            "In each of your totals one process is missing. How often must a part be sent until all n are in "
            "it?",
            more=-1,
        ),
        "first_numbers_sent": _mistake(
            "You always send what process p had at the start. What has been added to it since?",
            first_numbers=True,
        ),
        "all_parts_sent": _mistake(
            "Your processes send all their parts in each step. How many should it be?", all_parts=True
        ),
        "sender_emptied": _mistake(
            "Only the totals are left in your answer. Does a process lose the part that it sends a copy of?",
            empties=True,
        ),
        "process_after_process": Mistake(
            _process_after_process,
            "Process 0 makes all its steps before process 1 makes the first. Which of your loops is the "
            "outer one?",
        ),
        "total_everywhere": Mistake(
            _total_everywhere,
            "That is the end of an all-reduce, where everybody has everything. Which one total has process p "
            "after n - 1 steps?",
        ),
        "totals_written_in": Mistake(
            _totals_written_in,
            "The totals are right, and in the right places. But what became of the parts on their way there?",
        ),
        "axes_swapped": Mistake(
            _axes_swapped, "You took the parts for the processes. Which axis of `chunks` counts which?"
        ),
        "input_changed": Mistake(_input_changed, "Which tensor do you add to?"),
    },
    hints=(
        "A copy of `chunks`; a loop over t; in it, a loop over p. Which part does process p send, and to "
        "whom?",
        "In case 1, the digits of a sum say who is in it: process 0's numbers are below 10, those "
        "of process 1 have a 0 at the end, those of process 2 two. 222 is the sum of all three.",
        "In one step, no process sends the part that it receives. So it does no harm to do the processes one "
        "after the other, within a step.",
        "Follow part 0 with n = 3. Step 0: process 0 sends it, and process 1 adds. Step 1: process 1 sends "
        "this sum, and process 2 adds. So process 2 has the total of part 0, and process p that of part (p "
        "+ 1) % n.",
    ),
    draw=_draw_chunks,
)
