"""Chapter 01, the weights of the embedding: right answers pass, and they do what the tasks promise."""

import pytest
import torch
import torch.nn.functional as F

from swin_edu import exercises, patchify


def folded_by_loops(weight, bias, patch, mean, std):
    (p, q), (dim, numbers) = patch, weight.shape
    channels = numbers // (p * q)
    kernel, moved = weight.new_zeros(dim, channels, p, q), bias.clone()
    for row in range(p):
        for column in range(q):
            for channel in range(channels):
                part = weight[:, (row * q + column) * channels + channel] / std[channel]
                kernel[:, channel, row, column] = part
                moved -= part * mean[channel]
    return kernel, moved


def folded_by_asking(weight, bias, patch, mean, std):
    """What it makes of a black image is the bias; of an image with one 1, that and one number of the "
    "weight."""
    channels = len(mean)
    pixels = torch.eye(channels * patch[0] * patch[1], dtype=weight.dtype)
    images = torch.cat([torch.zeros_like(pixels[:1]), pixels]).view(-1, channels, *patch)
    normal = (images - mean[:, None, None]) / std[:, None, None]
    tokens = F.linear(normal.permute(0, 2, 3, 1).flatten(1), weight, bias)
    return (tokens[1:] - tokens[0]).T.reshape(-1, channels, *patch), tokens[0]


def larger_by_axes(weight, size):
    """Rows and columns apart: the pseudo-inverse of a Kronecker product is that of its factors."""
    for axis, length in ((2, size[0]), (3, size[1])):
        short = weight.shape[axis]
        line = torch.eye(short, dtype=weight.dtype)[:, None]
        enlarge = F.interpolate(line, length, mode="linear")[:, 0].T
        weight = (weight.movedim(axis, -1) @ torch.linalg.pinv(enlarge)).movedim(-1, axis)
    return weight


def larger_by_least_squares(weight, size):
    p, q = weight.shape[-2:]
    enlarge = F.interpolate(torch.eye(p * q, dtype=weight.dtype).view(-1, 1, p, q), size, mode="bilinear")
    wanted = weight.flatten(2).flatten(0, 1).T  # (small pixels, every channel of every output)
    solution = torch.linalg.lstsq(enlarge.flatten(1), wanted, driver="gelsd").solution
    return solution.T.reshape(*weight.shape[:2], *size)


def larger_by_normal_equations(weight, size):
    p, q = weight.shape[-2:]
    e = F.interpolate(torch.eye(p * q, dtype=weight.dtype).view(-1, 1, p, q), size, mode="bilinear").flatten(
        1
    )
    return (weight.flatten(2) @ torch.linalg.inv(e @ e.T) @ e).unflatten(-1, size)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("fold_normalisation", folded_by_loops),
        ("fold_normalisation", folded_by_asking),
        ("larger_patches", larger_by_axes),
        ("larger_patches", larger_by_least_squares),
        ("larger_patches", larger_by_normal_equations),
    ],
)
def test_a_right_answer_passes_however_it_is_written(name, answer, right_everywhere):
    right_everywhere(name, answer, (torch.float64,) if name == "fold_normalisation" else ())


def test_the_folded_convolution_makes_the_tokens_of_normalised_images():
    images = torch.rand(2, 3, 8, 12, dtype=torch.float64)
    weight, bias = torch.randn(5, 48, dtype=torch.float64), torch.randn(5, dtype=torch.float64)
    mean, std = (torch.rand(3, dtype=torch.float64) + 0.2 for _ in range(2))
    kernel, moved = exercises.fold_normalisation.reference(weight, bias, (4, 4), mean, std)
    normal = (images - mean[:, None, None]) / std[:, None, None]
    expected = F.linear(patchify(normal, 4), weight, bias)
    torch.testing.assert_close(F.conv2d(images, kernel, moved, stride=4).movedim(1, -1), expected)


def test_larger_patches_make_the_same_tokens_and_no_shorter_weight_does():
    for seed in range(5):
        for weight, size in exercises.larger_patches.hidden_cases(seed):
            large = exercises.larger_patches.reference(weight, size)
            patches = torch.randn(6, *weight.shape[1:], dtype=torch.float64)
            enlarged = F.interpolate(patches, size, mode="bilinear")
            tokens = torch.einsum("bcpq,dcpq->bd", patches, weight)
            torch.testing.assert_close(torch.einsum("bcpq,dcpq->bd", enlarged, large), tokens)
            # The shortest has no part that no enlarged patch can see: it is a mix of enlarged patches.
            pixels = torch.eye(weight[0, 0].numel(), dtype=torch.float64).view(-1, 1, *weight.shape[-2:])
            basis = F.interpolate(pixels, size, mode="bilinear").flatten(1).T
            rows = large.flatten(2).flatten(0, 1).T
            torch.testing.assert_close(basis @ torch.linalg.lstsq(basis, rows).solution, rows)
