"""Feature maps as pictures: the right directions, the same bytes each time, a description in words."""

import pytest
import torch

from swin_edu.visuals import whole_swin_figures as figures


def test_a_map_of_three_orthogonal_channels_is_shown_by_exactly_them():
    generator = torch.Generator().manual_seed(0)
    strong, middle, weak = (torch.randn(6, 9, generator=generator) for _ in range(3))
    picture = figures.strongest_directions(torch.stack([weak, 100 * strong, 10 * middle]))
    for channel, values in enumerate((strong, middle, weak)):
        shown = (picture[..., channel] > 0.5) == (values > values.mean())
        assert shown.float().mean() > 0.9, channel


def test_the_picture_does_not_depend_on_a_turn_of_channel_space():
    tokens = torch.randn(8, 5, 7, generator=torch.Generator().manual_seed(0)) * torch.arange(8)[:, None, None]
    turn = torch.linalg.qr(torch.randn(8, 8, generator=torch.Generator().manual_seed(1))).Q
    turned = torch.einsum("dc,chw->dhw", turn, tokens)
    one, other = figures.strongest_directions(tokens), figures.strongest_directions(turned)
    for channel in range(3):  # up to the sign, which no turn can keep
        same, mirrored = other[..., channel], 1 - other[..., channel]
        errors = [(one[..., channel] - picture).abs().max() for picture in (same, mirrored)]
        assert min(errors) < 1e-3


def test_the_share_of_the_variance_is_one_for_three_channels_and_less_for_noise():
    noise = torch.randn(30, 20, 20, generator=torch.Generator().manual_seed(0))
    assert figures.variance_shown(noise[:3]) == pytest.approx(1)
    assert 0.1 < figures.variance_shown(noise) < 0.2


@pytest.mark.parametrize("shape", [(2, 4, 4), (4, 4), (1, 3, 4, 4)])
def test_maps_of_another_shape_are_refused(shape):
    with pytest.raises(ValueError, match=r"expected \(C, H, W\) with C at least 3"):
        figures.strongest_directions(torch.zeros(shape))


def test_a_flat_map_is_grey_and_not_nan():
    assert (figures.strongest_directions(torch.ones(4, 3, 5)) == 0.5).all()


def test_the_card_is_the_same_each_time_fits_the_page_and_says_what_it_shows():
    photo = torch.rand(3, 32, 48, generator=torch.Generator().manual_seed(0))
    maps = {f"stage {i}": photo.repeat(2, 1, 1)[:, :: 2**i, :: 2**i] for i in range(1, 5)}
    one, other = figures.feature_maps(photo, maps), figures.feature_maps(photo, maps)
    assert one.png == other.png
    assert one.width <= 880
    assert one.description.endswith("stage 3: 4 x 6 tokens, stage 4: 2 x 3 tokens.")
