"""Lists of classes: ids and words mean the same class, order counts, a wrong name is told the right ones."""

import pytest

from swin_edu.data import DataError, read_class_list
from swin_edu.data.classes import choose_classes

# goldfish; lesser panda, red panda; beach wagon, ... wagon; police van, ... wagon; crane (the machine)
IDS = ["n01443537", "n02509815", "n02814533", "n03977966", "n03126707"]


def test_a_file_has_one_class_a_line_with_comments_and_words_behind_ids(tmp_path):
    file = tmp_path / "classes.txt"
    file.write_text(
        "\ufeff# my pets\n\nn01443537\tgoldfish, Carassius auratus\nred panda  # cute\n  dog  \n", "utf-8"
    )
    assert read_class_list(file) == ["n01443537", "red panda", "dog"]


@pytest.mark.parametrize("content", [None, b"# nothing\n\n", b"\xff\xfe\x00\xd8"])
def test_a_file_that_names_no_class_is_refused(tmp_path, content):
    file = tmp_path / "classes.txt"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(DataError, match=r"classes\.txt (names no class|cannot be read)"):
        read_class_list(file)


@pytest.mark.parametrize("name", ["n02509815", "lesser panda", "red panda", "Red_Panda", "RED  PANDA"])
def test_a_class_is_found_by_id_word_and_other_word_in_any_case(name):
    assert choose_classes(IDS, [name]) == [1]


def test_a_data_set_with_words_understands_a_list_with_ids():
    assert choose_classes(["gas_pump", "English springer"], ["n02102040", "n03425413"]) == [1, 0]


def test_the_order_is_that_of_the_list():
    assert choose_classes(["a", "b", "c"], ["c", "a"]) == [2, 0]


def test_an_unknown_name_is_told_the_closest_ones_and_all_unknown_are_named():
    with pytest.raises(DataError) as error:
        choose_classes(IDS, ["goldfisch", "n01443537", "xyzzy"])
    message = str(error.value)
    assert "no class 'goldfisch' (close to it: goldfish)" in message
    assert "no class 'xyzzy'" in message
    assert "It has 5 classes: n01443537" in message


def test_a_word_of_two_classes_is_not_guessed_but_a_first_word_goes_before_others():
    with pytest.raises(
        DataError, match=r"'wagon' could be any of n02814533 beach wagon, n03977966 police van"
    ):
        choose_classes(IDS, ["wagon"])
    # "ram" is the first word of one class; "drake" of another; "tub" is also a word for the bathtub.
    assert choose_classes(["n02808440", "n04493381"], ["tub"]) == [1]


def test_a_class_that_comes_twice_is_refused_with_both_of_its_names():
    with pytest.raises(DataError, match="n01443537 twice: 'goldfish', 'n01443537'"):
        choose_classes(IDS, ["goldfish", "n01443537"])


def test_an_empty_list_and_a_bare_text_are_refused():
    with pytest.raises(DataError, match="empty"):
        choose_classes(IDS, [])
    with pytest.raises(TypeError, match="list of names"):
        choose_classes(IDS, "goldfish")
