"""Chapter 01: differently written right answers pass, and common slips that are no known mistake are seen."""

import pytest
import torch
import torch.nn.functional as F

from swin_edu import PatchEmbedding, exercises, patchify


def cut_by_loops(images, p):
    batch, channels, height, width = images.shape
    patches = images.new_zeros(batch, height // p, width // p, p * p * channels)
    for row in range(height // p):
        for column in range(width // p):
            block = images[:, :, row * p : (row + 1) * p, column * p : (column + 1) * p]
            patches[:, row, column] = block.permute(0, 2, 3, 1).flatten(1)
    return patches


def cut_by_reshape_and_permute(images, p):
    b, c, h, w = images.shape
    return images.view(b, c, h // p, p, w // p, p).permute(0, 2, 4, 3, 5, 1).reshape(b, h // p, w // p, -1)


def cut_by_unfold(images, p):
    b, c, h, w = images.shape
    columns = F.unfold(images, p, stride=p).view(
        b, c, p * p, h // p, w // p
    )  # channels first: bring them last
    return columns.permute(0, 3, 4, 2, 1).flatten(3)


def join_by_reshape_and_permute(patches, ph, pw):
    b, h, w, n = patches.shape
    axes = patches.reshape(b, h, w, ph, pw, n // (ph * pw)).permute(0, 5, 1, 3, 2, 4)
    return axes.reshape(b, n // (ph * pw), h * ph, w * pw)


def join_by_concatenation(patches, ph, pw):
    patches = patches.unflatten(-1, (ph, pw, -1))
    rows = [torch.cat(list(row.unbind(1)), dim=2) for row in patches.unbind(1)]
    return torch.cat(rows, dim=1).movedim(-1, 1)


def join_by_fold(patches, ph, pw):
    b, h, w, n = patches.shape
    columns = patches.view(b, h * w, ph * pw, -1).permute(0, 3, 2, 1).reshape(b, n, h * w)
    return F.fold(columns, (h * ph, w * pw), (ph, pw), stride=(ph, pw))


def tokens_by_tables(images, weight, bias, stride):
    (kh, kw), (height, width) = weight.shape[-2:], images.shape[-2:]
    rows = torch.arange(0, height - kh + 1, stride[0])[:, None] + torch.arange(kh)
    columns = torch.arange(0, width - kw + 1, stride[1])[:, None] + torch.arange(kw)
    patches = images[:, :, rows[:, None, :, None], columns[None, :, None, :]]  # b c h w p q
    patches = patches.permute(0, 2, 3, 1, 4, 5).flatten(3)
    return patches @ weight.flatten(1).T + bias


def tokens_by_loops(images, weight, bias, stride):
    (kh, kw), (height, width) = weight.shape[-2:], images.shape[-2:]
    rows = [
        torch.stack(
            [
                (images[:, None, :, r : r + kh, c : c + kw] * weight).sum((2, 3, 4)) + bias
                for c in range(0, width - kw + 1, stride[1])
            ],
            dim=1,
        )
        for r in range(0, height - kh + 1, stride[0])
    ]
    return torch.stack(rows, dim=1)


def tokens_by_strides(images, weight, bias, stride):
    windows = images.unfold(2, weight.shape[2], stride[0]).unfold(3, weight.shape[3], stride[1])
    return torch.einsum("bchwpq,dcpq->bhwd", windows, weight) + bias


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("cut_patches", cut_by_loops),
        ("cut_patches", cut_by_reshape_and_permute),
        ("cut_patches", cut_by_unfold),
        ("join_patches", join_by_reshape_and_permute),
        ("join_patches", join_by_concatenation),
        ("join_patches", join_by_fold),
        ("overlapping_tokens", tokens_by_tables),
        ("overlapping_tokens", tokens_by_loops),
        ("overlapping_tokens", tokens_by_strides),
    ],
)
def test_a_right_answer_passes_however_it_is_written(name, answer, right_everywhere):
    layout = name in ("cut_patches", "join_patches")
    right_everywhere(name, answer, (torch.float64, torch.bfloat16) if layout else (torch.float64,))


def cut_and_forget_the_permute(images, p):
    b, c, h, w = images.shape
    return images.reshape(b, c, h // p, p, w // p, p).reshape(b, h // p, w // p, -1)


def cut_with_two_axes_exchanged(images, p):
    b, c, h, w = images.shape
    return images.reshape(b, c, h // p, p, w // p, p).permute(0, 2, 4, 5, 3, 1).reshape(b, h // p, w // p, -1)


def cut_with_unfold_as_it_comes(images, p):
    b, _, h, w = images.shape
    return F.unfold(images, p, stride=p).mT.reshape(b, h // p, w // p, -1)


def tokens_with_the_weight_as_it_lies(images, weight, bias, stride):
    windows = images.unfold(2, weight.shape[2], stride[0]).unfold(3, weight.shape[3], stride[1])
    return windows.permute(0, 2, 3, 4, 5, 1).flatten(3) @ weight.flatten(1).T + bias


def tokens_left_channels_first(images, weight, bias, stride):
    return F.conv2d(images, weight, bias, stride=stride)


@pytest.mark.parametrize(
    ("name", "answer", "mistake"),
    [
        ("cut_patches", cut_and_forget_the_permute, "no_permute"),
        ("cut_patches", cut_with_two_axes_exchanged, "columns_before_rows"),
        ("cut_patches", cut_with_unfold_as_it_comes, "channels_first"),
        ("join_patches", lambda x, ph, pw: join_by_reshape_and_permute(x, pw, ph), "patch_transposed"),
        ("overlapping_tokens", tokens_with_the_weight_as_it_lies, "order_of_the_weight"),
        ("overlapping_tokens", tokens_left_channels_first, "channels_first"),
    ],
)
def test_a_learners_own_version_of_a_known_mistake_is_named(name, answer, mistake):
    report = getattr(exercises, name).examine(answer)
    assert (report.passed, report.mistake) == (False, mistake)


def test_a_mistake_nobody_knows_is_still_wrong():
    report = exercises.cut_patches.examine(lambda images, p: -patchify(images, p))
    assert not report.passed
    assert report.mistake is None


def test_no_case_is_square_or_has_a_batch_of_one():
    for name in ("cut_patches", "join_patches", "overlapping_tokens"):
        exercise = getattr(exercises, name)
        hidden = [case for seed in range(12) for case in exercise.hidden_cases(seed)]
        for first, *_ in exercise.cases() + hidden:
            rows, columns = first.shape[1:3] if name == "join_patches" else first.shape[2:]
            assert first.shape[0] > 1
            assert rows != columns


@torch.no_grad()
def test_the_overlapping_case_without_overlap_is_the_patch_embedding():
    embedding = PatchEmbedding(4, 3, 6)
    weights = embedding.projection.weight, embedding.projection.bias
    images = torch.randn(2, 3, 8, 12, generator=torch.Generator().manual_seed(0))
    tokens = exercises.overlapping_tokens.reference(images, *weights, (4, 4))
    torch.testing.assert_close(embedding.norm(tokens), embedding(images))
