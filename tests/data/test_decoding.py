"""Decoding: right pixels for every kind of image, and every damaged one is named."""

import io

import numpy as np
import pytest
from PIL import Image

from swin_edu.data import BrokenDataError, DataError
from swin_edu.data.decoding import BatchDecoder, decode_image


def decode_images(encoded, describe, image_size=None):
    with BatchDecoder(image_size) as decoder:
        return decoder.decode(encoded, describe)


def test_the_pixels_are_those_of_pillow_in_the_order_channel_row_column(encode):
    encoded = [encode(number, size=(7, 5)) for number in range(600)]
    decoded = decode_images(encoded, str)
    assert decoded.shape == (600, 3, 5, 7)
    for number in (0, 255, 256, 599):
        pixels = np.asarray(Image.open(io.BytesIO(encoded[number])))
        np.testing.assert_array_equal(decoded[number], pixels.transpose(2, 0, 1))


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "1", "CMYK"])
def test_grey_palette_and_other_images_become_rgb(encode, mode):
    kind = "tiff" if mode == "CMYK" else "png"
    assert decode_image(encode(1, mode=mode, kind=kind)).shape == (6, 8, 3)


def test_a_grey_image_has_three_equal_channels(encode):
    pixels = decode_image(encode(1, mode="L"))
    np.testing.assert_array_equal(pixels[..., 0], pixels[..., 2])


def test_a_photograph_lying_on_its_side_is_turned_upright(encode):
    content = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees
    Image.open(io.BytesIO(encode(1, size=(8, 6)))).save(content, "jpeg", exif=exif)
    assert decode_image(content.getvalue()).shape == (8, 6, 3)


def test_image_size_cuts_the_largest_centred_square_and_scales_it():
    pixels = np.zeros((40, 80, 3), dtype=np.uint8)
    pixels[:, 20:60] = (200, 100, 50)  # the centred square; left and right of it is black
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "png")
    scaled = decode_image(content.getvalue(), image_size=10)
    assert scaled.shape == (10, 10, 3)
    # The filter sees a little beyond the edge of the square.
    assert (scaled[:, 2:-2] == (200, 100, 50)).all()


@pytest.mark.parametrize(
    ("kind", "kept"),
    # The last 2 bytes of PNG and WebP hold neither pixels nor an end marker.
    [(kind, kept) for kind in ("jpeg", "png", "webp") for kept in (0, 1, 10, 0.5, -20)] + [("jpeg", -2)],
)
def test_a_cut_off_image_is_never_taken(encode, kind, kept):
    encoded = encode(3, size=(64, 64), kind=kind)
    kept = int(len(encoded) * kept) if isinstance(kept, float) else kept
    with pytest.raises(BrokenDataError, match=r"row 2 cannot be decoded: .* get it again"):
        decode_images([encode(1, (64, 64)), encode(2, (64, 64)), encoded[:kept]], "row {}".format)


def test_an_image_of_more_than_8_bits_is_refused_instead_of_clipped():
    content = io.BytesIO()
    Image.fromarray(np.full((4, 4), 40_000, dtype=np.uint16)).save(content, "png")
    with pytest.raises(BrokenDataError, match="8 bits a channel"):
        decode_image(content.getvalue())


def test_of_several_bad_images_the_first_is_named(encode):
    encoded = [encode(number) for number in range(1000)]
    encoded[900] = encoded[301] = encoded[302] = b"broken"
    with pytest.raises(BrokenDataError, match="row 301 cannot be decoded: not an image file"):
        decode_images(encoded, "row {}".format)


def test_a_missing_image_is_named(encode):
    with pytest.raises(BrokenDataError, match="row 1 holds no image bytes"):
        decode_images([encode(0), None], "row {}".format)


def test_different_sizes_are_refused_with_both_named_and_accepted_with_one_size(encode):
    encoded = [encode(0, size=(8, 8)), encode(1, size=(9, 8))]
    with pytest.raises(DataError, match=r"row 1 is 9 x 8 pixels but row 0 is 8 x 8.*--image-size"):
        decode_images(encoded, "row {}".format)
    assert decode_images(encoded, str, image_size=6).shape == (2, 3, 6, 6)


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(BrokenDataError, match=r"gone\.png cannot be read"):
        decode_images([tmp_path / "gone.png"], lambda row: "gone.png")
