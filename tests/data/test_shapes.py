"""The shapes: made from a seed, balanced, not to be had by a linear classifier, and labelled truly."""

import numpy as np
import pytest
import torch
from torch import nn

from swin_edu.data import SHAPE_CLASSES, load_dataset, make_shapes
from swin_edu.data.shapes import _arrange


def test_the_same_seed_gives_the_same_images_and_another_seed_or_split_others():
    first, again = make_shapes(50, seed=3), make_shapes(50, seed=3)
    assert torch.equal(first.images, again.images)
    assert torch.equal(first.labels, again.labels)
    assert not torch.equal(first.images, make_shapes(50, seed=4).images)
    assert not torch.equal(first.images, make_shapes(50, split="test", seed=3).images)


def test_the_first_images_are_the_same_however_many_are_drawn():
    many = make_shapes(1200)
    for count in (1, 30, 700):
        few = make_shapes(count)
        assert len(few) == count
        assert torch.equal(few.images, many.images[:count])
        assert torch.equal(few.labels, many.labels[:count])


def test_the_two_splits_share_no_image():
    train, test = load_dataset("shapes"), load_dataset("shapes", "test")
    assert (len(train), len(test)) == (10_000, 2_000)
    seen = {image.numpy().tobytes() for image in train.images}
    assert len(seen) == 10_000, "no image comes twice"
    assert not any(image.numpy().tobytes() in seen for image in test.images)


def test_every_class_has_equally_many_images_of_full_contrast():
    shapes = make_shapes(200)
    assert shapes.images.shape == (200, 3, 32, 32)
    assert torch.bincount(shapes.labels).tolist() == [20] * 10
    spread = shapes.images.flatten(1).float().std(dim=1)
    assert float(spread.min()) > 5, "an image without anything to see"


def test_each_label_says_how_the_two_shapes_really_lie():
    labels = np.arange(500) % 10
    circle, triangle = _arrange(np.random.default_rng(0), labels)
    for label, (row, column, radius), (other_row, other_column, other_radius) in zip(
        labels, circle, triangle, strict=True
    ):
        name = SHAPE_CLASSES[label]
        down, right = row - other_row, column - other_column
        if "inside" in name:
            assert np.hypot(down, right) < abs(radius - other_radius)
            assert (radius < other_radius) == name.startswith("circle")
            continue
        assert np.hypot(down, right) > radius + other_radius
        # A direction counts as its own eighth of the circle, half of it on each side.
        vertical = "below" if down > abs(right) * 0.414 else "above" if -down > abs(right) * 0.414 else ""
        horizontal = (
            "right of" if right > abs(down) * 0.414 else "left of" if -right > abs(down) * 0.414 else ""
        )
        assert name == " ".join(word for word in ("circle", vertical, horizontal, "triangle") if word)


def test_both_shapes_are_wholly_inside_the_image():
    circle, triangle = _arrange(np.random.default_rng(1), np.arange(2000) % 10)
    for shape, reach in ((circle, 1.0), (triangle, 0.9)):
        centre, radius = shape[:, :2], shape[:, 2:] * reach
        assert float((centre - radius).min()) > -0.5
        assert float((centre + radius).max()) < 31.5


def test_a_linear_classifier_stays_below_40_percent():
    train, test = load_dataset("shapes"), load_dataset("shapes", "test")
    mean = train.images.float().mean(dim=0)
    inputs = (train.images.float() - mean).flatten(1) / 64
    test_inputs = (test.images.float() - mean).flatten(1) / 64
    best = 0.0
    # Multinomial logistic regression, fitted to its optimum; of two strengths of the penalty the better
    # one on the test images counts, so it is given every advantage.
    for penalty in (0.02, 0.2):
        classifier = nn.Linear(inputs.shape[1], 10)
        nn.init.zeros_(classifier.weight)
        nn.init.zeros_(classifier.bias)
        optimizer = torch.optim.LBFGS(classifier.parameters(), max_iter=40, line_search_fn="strong_wolfe")

        def closure(classifier=classifier, optimizer=optimizer, penalty=penalty):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(classifier(inputs), train.labels)
            loss = loss + penalty * classifier.weight.square().sum()
            loss.backward()
            return loss

        optimizer.step(closure)
        with torch.no_grad():
            accuracy = (classifier(test_inputs).argmax(dim=1) == test.labels).float().mean().item()
        best = max(best, accuracy)
    assert 0.1 < best < 0.40, f"the linear classifier reaches {best:.1%}"


def test_mirroring_changes_the_class_so_training_must_not_flip():
    assert make_shapes(10).mirror_keeps_label is False


@pytest.mark.parametrize(("count", "split"), [(0, "train"), (10, "valid")])
def test_impossible_requests_are_refused(count, split):
    with pytest.raises(ValueError, match=f"got {count} and '{split}'"):
        make_shapes(count, split)


def test_another_side_shows_the_same_scenes():
    """Averaging 2 x 2 pixels of the finer camera gives the coarser one's image, but for noise and edges."""
    fine, coarse = make_shapes(200, side=64), make_shapes(200)
    assert fine.images.shape == (200, 3, 64, 64)
    assert torch.equal(fine.labels, coarse.labels)
    assert fine.fingerprint != coarse.fingerprint
    averaged = torch.nn.functional.avg_pool2d(fine.images.float(), 2)

    def difference(dy: int, dx: int) -> float:
        moved = averaged.roll((dy, dx), dims=(2, 3))[..., 1:-1, 1:-1]
        return (moved - coarse.images[..., 1:-1, 1:-1]).abs().mean().item()

    # A camera half a pixel aside would be nearer to its neighbour on one side than on the other.
    for one, other in (((0, 1), (0, -1)), ((1, 0), (-1, 0))):
        assert difference(*one) == pytest.approx(difference(*other), rel=0.02)
    assert 4 * difference(0, 0) < 3 * difference(0, 1)
    others = (averaged.roll(1, dims=0) - coarse.images).abs().mean()
    assert others > 5 * difference(0, 0)


def test_the_command_s_image_size_draws_shapes_of_that_side():
    sharp = load_dataset("shapes", "test", image_size=48)
    assert torch.equal(sharp.images[:20], make_shapes(20, "test", side=48).images)


def test_a_side_below_one_pixel_is_refused():
    with pytest.raises(ValueError, match="at least 1 pixel, got 0"):
        make_shapes(1, side=0)
