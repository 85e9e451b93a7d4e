"""Chapter 09: right answers pass however they are written, and the references do what the library does."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from swin_edu import SwinConfig, SwinTransformer, effective_window, exercises, padded_size
from swin_edu.training import TrainingSettings
from swin_edu.training.order import shuffled_batches
from swin_edu.training.processes import Processes

# ---- A: windows that fit ----------------------------------------------------------------------------


def fitting_by_divisors(side, patch_size, stages):
    """A window that fits is a divisor of the last grid, or as large as one of the grids."""
    sides = [side // (patch_size << stage) for stage in range(stages)]
    divisors = {M for M in range(1, sides[-1] + 1) if sides[-1] % M == 0}
    return sorted((divisors | set(sides)) - {1})


def fitting_by_loops(side, patch_size, stages):
    found = []
    first = side / patch_size
    M = 2
    while first >= M:
        n, fits = first, True
        for _ in range(stages):
            fits = fits and (n < M or n / M == n // M)
            n = n / 2
        if fits:
            found.append(M)
        M += 1
    return found


def fitting_by_numpy(side, patch_size, stages):
    sides = side // patch_size // 2 ** np.arange(stages)[:, None]
    sizes = np.arange(2, sides[0, 0] + 1)
    return list(sizes[((sides % sizes == 0) | (sides <= sizes)).all(axis=0)])


@pytest.mark.parametrize("sizes", [*exercises.fitting_windows.cases(), (96, 2, 2), (160, 8, 3)])
def test_windows_that_fit_are_those_with_which_the_library_pads_no_stage(sizes):
    side, patch_size, stages = sizes
    grids = [side // patch_size // 2**stage for stage in range(stages)]
    fit = []
    for M in range(2, grids[0] + 1):
        windows = [effective_window(n, n, M, 0)[0][0] for n in grids]
        if all(padded_size(n, n, M) == (n, n) and n % m == 0 for n, m in zip(grids, windows, strict=True)):
            fit.append(M)
    assert exercises.fitting_windows.reference(*sizes) == fit


def test_the_paper_s_sizes_of_image_and_window_fit():
    assert 7 in exercises.fitting_windows.reference(224, 4, 4)
    assert 12 in exercises.fitting_windows.reference(384, 4, 4)
    assert 7 not in exercises.fitting_windows.reference(384, 4, 4)


# ---- B: the images of one process -------------------------------------------------------------------


def share_by_walking(order, batch_size, processes, rank):
    """Each pair asks to whom it belongs."""
    shares = [[] for _ in range(0, len(order), batch_size)]
    for place, image in enumerate(order):
        step, inside = divmod(place, batch_size)
        pairs = (min(batch_size, len(order) - step * batch_size) + 1) // 2
        begins = [math.ceil(pairs * r / processes) for r in range(processes)]
        if max(r for r in range(processes) if begins[r] <= inside // 2) == rank:
            shares[step].append(image)
    return shares


def share_by_tensors(order, batch_size, processes, rank):
    shares = []
    for batch in torch.tensor(order).split(batch_size):
        pairs = torch.arange(len(batch)) // 2
        begin = -(-(int(pairs[-1]) + 1) * torch.tensor([rank, rank + 1]) // processes)
        shares.append(batch[(pairs >= begin[0]) & (pairs < begin[1])].tolist())
    return tuple(map(tuple, shares))


@pytest.mark.parametrize("processes", [1, 2, 3, 4, 7])
@pytest.mark.parametrize(("count", "batch_size"), [(24, 8), (23, 9), (17, 12), (10, 3)])
def test_shares_are_those_of_the_library_and_every_batch_is_shared_without_rest(count, batch_size, processes):
    generator = torch.Generator().manual_seed(count)
    settings = TrainingSettings(batch_size=batch_size)
    batches = [batch.tolist() for batch in shuffled_batches(count, settings, Processes(), generator)]
    order = tuple(image for batch in batches for image in batch)
    shares = []
    for rank in range(processes):
        shares.append(exercises.share_of_images.reference(order, batch_size, processes, rank))
        process = Processes(rank, processes)
        assert shares[-1] == [batch[process.share(len(batch))] for batch in batches]
    assert [[image for share in step for image in share] for step in zip(*shares, strict=True)] == batches


# ---- C: gradients of unequal shares -----------------------------------------------------------------


def mean_by_picking(gradients, counts):
    weights = torch.tensor(counts, dtype=gradients.dtype)
    there = weights > 0
    return torch.einsum("p...,p->...", gradients[there], weights[there] / weights.sum())


def mean_by_where(gradients, counts):
    weights = gradients.new_tensor(counts).view(-1, *[1] * (gradients.ndim - 1))
    return torch.where(weights > 0, weights * gradients, 0.0).sum(dim=0) / sum(counts)


def mean_by_numpy(gradients, counts):
    there = [p for p, count in enumerate(counts) if count]
    chosen = np.average(gradients.numpy()[there], axis=0, weights=[counts[p] for p in there])
    return torch.from_numpy(chosen).to(gradients.dtype)


def test_it_is_the_gradient_of_the_whole_batch_for_every_weight_of_a_swin():
    """5 images over 4 processes, as the library shares them: 2, 2, 1 and none, whose gradient is anything."""
    torch.manual_seed(0)
    config = SwinConfig(
        patch_size=2, embed_dim=8, depths=(2, 1), num_heads=(2, 2), window_size=(2, 2), num_classes=3
    )
    model = SwinTransformer(config).double().eval()
    images, labels = torch.randn(5, 3, 12, 12, dtype=torch.float64), torch.randint(3, (5,))

    def gradients_of(share):
        loss = F.cross_entropy(model(images[share]), labels[share])
        return torch.autograd.grad(loss, list(model.parameters()))

    shares = [Processes(rank, 4).share(5) for rank in range(4)]
    counts = tuple(len(labels[share]) for share in shares)
    assert counts == (2, 2, 1, 0)
    found = [gradients_of(share) for share in shares]
    for whole, *parts in zip(gradients_of(slice(None)), *found, strict=True):
        for of_none in (parts[3], torch.full_like(parts[3], math.nan)):
            mean = exercises.mean_of_gradients.reference(torch.stack([*parts[:3], of_none]), counts)
            assert torch.allclose(mean, whole, rtol=1e-10, atol=1e-12)
        assert not torch.allclose(torch.stack(parts[:3]).mean(dim=0), whole, rtol=1e-3, atol=0)


# ---- D: a sum in a ring -----------------------------------------------------------------------------


def ring_in_place(chunks):
    """One process after the other within a step: nobody sends what it receives, so this is right, too."""
    n, parts = len(chunks), chunks.clone()
    for t in range(n - 1):
        for p in reversed(range(n)):
            parts[(p + 1) % n, (p - t) % n] += parts[p, (p - t) % n]
    return parts


def ring_by_sums(chunks):
    """Part c of process p: of all that it passed on its way from process c."""
    n = len(chunks)
    rows = []
    for p in range(n):
        way = [[(c + step) % n for step in range((p - c) % n + 1)] for c in range(n)]
        rows.append(torch.stack([chunks[way[c], c].sum(dim=0) for c in range(n)]))
    return torch.stack(rows)


def ring_by_messages(chunks):
    """All messages of a step are written before the first is read."""
    parts = [list(row) for row in chunks]
    n = len(parts)
    for t in range(n - 1):
        messages = {(p + 1) % n: ((p - t) % n, parts[p][(p - t) % n]) for p in range(n)}
        for receiver, (number, sent) in messages.items():
            parts[receiver][number] = parts[receiver][number] + sent
    return torch.stack([torch.stack(row) for row in parts])


def test_after_the_ring_each_process_has_one_total_and_passing_these_on_gives_the_sum_to_all():
    chunks = torch.randn(6, 6, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    parts, total = exercises.ring_reduce.reference(chunks), chunks.sum(dim=0)
    for p in range(6):
        assert torch.allclose(parts[p, (p + 1) % 6], total[(p + 1) % 6])
    for t in range(5):  # the other half of all-reduce: what arrives takes the place of what was there
        for p in range(6):
            parts[(p + 1) % 6, (p + 1 - t) % 6] = parts[p, (p + 1 - t) % 6]
    assert torch.allclose(parts, total.expand_as(parts))


def test_the_digits_of_the_first_case_say_which_processes_are_in_a_number():
    (chunks,) = exercises.ring_reduce.cases()[0]
    assert exercises.ring_reduce.reference(chunks)[:, :, 0].tolist() == [
        [1, 333, 505],
        [11, 30, 555],
        [111, 330, 500],
    ]


# ---- all ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("fitting_windows", fitting_by_divisors),
        ("fitting_windows", fitting_by_loops),
        ("fitting_windows", fitting_by_numpy),
        ("share_of_images", share_by_walking),
        ("share_of_images", share_by_tensors),
        ("mean_of_gradients", mean_by_picking),
        ("mean_of_gradients", mean_by_where),
        ("mean_of_gradients", mean_by_numpy),
        ("ring_reduce", ring_in_place),
        ("ring_reduce", ring_by_sums),
        ("ring_reduce", ring_by_messages),
    ],
)
def test_a_right_answer_passes_however_it_is_written(name, answer, right_everywhere):
    tensors = name in ("mean_of_gradients", "ring_reduce")
    right_everywhere(name, answer, (torch.float32, torch.float64) if tensors else ())
    assert getattr(exercises, name).grade(answer, points=4, seed=1) == 4


@pytest.mark.parametrize("name", ["fitting_windows", "share_of_images", "mean_of_gradients", "ring_reduce"])
def test_drawn_cases_tell_every_known_mistake_apart(name):
    """With the cases that are seen and some that are not, as in grading."""
    exercise = getattr(exercises, name)
    visible = exercise.cases()
    for mistake, known in exercise.mistakes.items():
        report = exercise._examine(known.function, visible + exercise.hidden_cases(3), len(visible))
        assert report.mistake == mistake


def test_the_examples_on_the_cards_are_what_the_references_return():
    examples = 0
    for name in ("fitting_windows", "share_of_images", "mean_of_gradients", "ring_reduce"):
        exercise = getattr(exercises, name)
        for line in exercise.task.split("\n\n")[1].splitlines():
            call, answer = line.split("  # ")
            found = eval(call, {name: exercise.reference, "torch": torch})
            found = found.tolist() if isinstance(found, torch.Tensor) else found
            assert found == eval(answer.rpartition(": ")[2])
            examples += 1
    assert examples == 5


def test_a_picture_of_the_ring_names_its_axes():
    from swin_edu.exercises.pictures import compare
    from swin_edu.exercises.scenes import scene_of

    arguments = exercises.ring_reduce.cases()[0]
    expected = exercises.ring_reduce.reference(*arguments)
    shown = compare(expected, arguments[0], scene_of("ring_reduce", arguments), arguments)
    assert (shown.down, shown.across) == ("part", "number")
    assert shown.caption == "This is answer[0, :, :], the first piece that differs."
    assert shown.expected.texts[1].tolist() == ["333", "444"]
