"""The exercise on several processes that train one network: which images each of them gets, step by step.

Chapter 09 uses it. The rule of the shares is that of `swin_edu.training.processes`.
"""

import math
import random
from collections.abc import Callable, Sequence

from swin_edu.exercises.engine import Exercise, Mistake

Images = Sequence[int]
Shares = list[list[int]]


def _share_of_images(order: Images, batch_size: int, processes: int, rank: int) -> Shares:
    shares = []
    for first in range(0, len(order), batch_size):
        batch = order[first : first + batch_size]
        pairs = math.ceil(len(batch) / 2)
        begin, end = (2 * math.ceil(pairs * r / processes) for r in (rank, rank + 1))
        shares.append(list(batch[begin:end]))
    return shares


# ---- What goes wrong ----------------------------------------------------------------------------------


def _batches(order: Images, batch_size: int) -> list[Images]:
    return [order[first : first + batch_size] for first in range(0, len(order), batch_size)]


def _rounded_up(count: int, processes: int, rank: int) -> int:
    """Where a rank's share of so many pairs begins."""
    return -(-count * rank // processes)


def _first_ranks_larger(count: int, processes: int, rank: int) -> int:
    each, more = divmod(count, processes)
    return each * rank + min(rank, more)


def _rest_to_the_last(count: int, processes: int, rank: int) -> int:
    return count if rank == processes else count // processes * rank


def _cut(
    batch: Images,
    processes: int,
    rank: int,
    begins: Callable[[int, int, int], int] = _rounded_up,
    size: int = 2,
    partial: bool = True,
) -> list[int]:
    """The share of one batch, in groups of ``size``; ``partial``: whether a last, smaller one counts."""
    groups = -(-len(batch) // size) if partial else len(batch) // size
    return list(batch[size * begins(groups, processes, rank) : size * begins(groups, processes, rank + 1)])


def _shared(**twist: object) -> Callable[..., Shares]:
    """Each batch shared in another way."""

    def share_of_images(order: Images, batch_size: int, processes: int, rank: int) -> Shares:
        return [_cut(batch, processes, rank, **twist) for batch in _batches(order, batch_size)]

    return share_of_images


def _dealt(order: Images, batch_size: int, processes: int, rank: int) -> Shares:
    return [list(batch[rank::processes]) for batch in _batches(order, batch_size)]


def _pairs_dealt(order: Images, batch_size: int, processes: int, rank: int) -> Shares:
    return [
        [image for place, image in enumerate(batch) if place // 2 % processes == rank]
        for batch in _batches(order, batch_size)
    ]


def _batch_of_each(order: Images, batch_size: int, processes: int, rank: int) -> Shares:
    return _shared()(order, batch_size * processes, processes, rank)


def _whole_batches(order: Images, batch_size: int, processes: int, rank: int) -> Shares:
    return [list(batch) for batch in _batches(order, batch_size)[rank::processes]]


def _epoch_shared_first(order: Images, batch_size: int, processes: int, rank: int) -> Shares:
    mine = _cut(order, processes, rank)
    return [list(batch) for batch in _batches(mine, max(batch_size // processes, 1))]


def _last_batch_dropped(order: Images, batch_size: int, processes: int, rank: int) -> Shares:
    return _shared()(order[: len(order) // batch_size * batch_size], batch_size, processes, rank)


def _empty_left_out(order: Images, batch_size: int, processes: int, rank: int) -> Shares:
    return [share for share in _shared()(order, batch_size, processes, rank) if share]


def _joined(order: Images, batch_size: int, processes: int, rank: int) -> list[int]:
    return [image for share in _shared()(order, batch_size, processes, rank) for image in share]


def _pairs_not_doubled(order: Images, batch_size: int, processes: int, rank: int) -> Shares:
    shares = []
    for batch in _batches(order, batch_size):
        pairs = -(-len(batch) // 2)
        begin, end = (_rounded_up(pairs, processes, r) for r in (rank, rank + 1))
        shares.append(list(batch[begin:end]))
    return shares


def _places(order: Images, batch_size: int, processes: int, rank: int) -> Shares:
    return _shared()(range(len(order)), batch_size, processes, rank)


def _draw_order(generator: random.Random, count: int = 0) -> tuple[int, ...]:
    count = count or generator.randint(17, 31)
    return tuple(generator.sample(range(count), count))


def _draw_share(generator: random.Random) -> tuple[tuple[int, ...], int, int, int]:
    processes = generator.randint(2, 5)
    return _draw_order(generator), generator.randint(5, 12), processes, generator.randrange(processes)


share_of_images = Exercise(
    name="share_of_images",
    chapter="09",
    difficulty="medium",
    minutes=15,
    task="Which images does process `rank` get in each step of an epoch? A list of lists. `order`, a tuple "
    "of image numbers, is cut into batches of batch_size for all processes together; the last may be "
    "smaller. Neighbours in a batch are pairs that stay together, as Mixup mixes them; an odd image at its "
    "end is a pair alone. Of P pairs, numbered from 0, process r gets those from ceil(P * r / processes) "
    "up to, not including, ceil(P * (r + 1) / processes). Return image numbers, not pairs; an empty share "
    "stays in the list, as [].\n\n"
    "share_of_images((5, 1, 3, 0, 6, 2, 4), 4, 2, 0)  # [[5, 1], [6, 2]]\n"
    "share_of_images((5, 1, 3, 0, 6, 2, 4), 4, 2, 1)  # [[3, 0], [4]]",
    reference=_share_of_images,
    cases=lambda: [
        (_draw_order(random.Random(1), 8), 4, 2, 0),
        (_draw_order(random.Random(2), 14), 6, 2, 1),
        (_draw_order(random.Random(3), 17), 12, 4, 2),
        (_draw_order(random.Random(4), 14), 5, 3, 2),
        (_draw_order(random.Random(5), 16), 9, 4, 1),
        (_draw_order(random.Random(6), 12), 10, 4, 3),
    ],
    mistakes={
        "batch_of_each": Mistake(
            _batch_of_each,
            "Together your processes take more than batch_size images in a step. Whose batch is it?",
        ),
        "whole_batches": Mistake(
            _whole_batches,
            "You deal out whole batches. In one step, do all processes work on the same batch?",
        ),
        "epoch_shared_first": Mistake(
            _epoch_shared_first,
            "You share the epoch first and cut it into batches afterwards. Are the images of one step then "
            "the same with any number of processes?",
        ),
        "pairs_separated": Mistake(
            _shared(size=1),
            "You share single images, so that a pair may be torn apart. What are the pieces of a batch?",
        ),
        "dealt_one_by_one": Mistake(
            _dealt,
            "You deal images out like cards. Who mixes with whom then, if neighbours are with different "
            "processes?",
        ),
        "pairs_dealt": Mistake(
            _pairs_dealt,
            "You deal pairs out like cards, one to each process in turn. Do the pairs of one process lie "
            "side by side?",
        ),
        "rounded_down": Mistake(
            _shared(begins=lambda count, processes, rank: count * rank // processes),
            "Where the pairs do not divide evenly, your shares begin too early. Up or down: how is it "
            "rounded?",
        ),
        "first_ranks_larger": Mistake(
            _shared(begins=_first_ranks_larger),
            "You give what is left over to the first processes. At which pair does your share begin, by "
            "the formula?",
        ),
        "all_of_one_size": Mistake(
            _shared(begins=lambda count, processes, rank: min(rank * -(-count // processes), count)),
            "Your shares are of one size until nothing is left. At which pair does each begin, by the "
            "formula?",
        ),
        "rest_to_the_last": Mistake(
            _shared(begins=_rest_to_the_last),
            "Your last process gets all that is left over. At which pair does each share begin, by the "
            "formula?",
        ),
        "rest_dropped": Mistake(
            _shared(begins=lambda count, processes, rank: count // processes * rank),
            "Some images are with no process. Where does your last share end?",
        ),
        "odd_image_lost": Mistake(
            _shared(partial=False),
            "The last image of an odd batch is with nobody. How many pairs are 5 images?",
        ),
        "last_batch_dropped": Mistake(
            _last_batch_dropped,
            "You leave out the last, smaller batch. Should its images be learned from?",
        ),
        "empty_left_out": Mistake(
            _empty_left_out,
            "You leave out empty shares, so that this process makes fewer steps than the others. Whom do "
            "they wait for at the end of a step?",
        ),
        "joined": Mistake(_joined, "The right images, all in one list. Which of them belong to which step?"),
        "pairs_not_doubled": Mistake(
            _pairs_not_doubled, "You cut a batch at the number of a pair. At which image does pair 3 begin?"
        ),
        "places_in_place_of_images": Mistake(
            _places, "You return where the images stand. What is written at these places of `order`?"
        ),
    },
    hints=(
        "A loop over the batches, which are slices of `order`; one list of this process's images from each.",
        "P is rounded up: a batch of 5 has 3 pairs. With 2 processes, process 0 begins at pair 0, process 1 "
        "at pair ceil(1.5) = 2: the first gets 4 images, the other one.",
        "A pair that begins as number b begins at image 2 * b of the batch. Python's slices may reach beyond "
        "the end, and may be empty.",
    ),
    draw=_draw_share,
)
