"""Words for WordNet ids: every class of ImageNet has one, and no two in a set are the same."""

import re

import pytest

from swin_edu.data import words as words_module
from swin_edu.data.words import class_words, wordnet_words

IMAGENETTE = {
    "n01440764": "tench",
    "n02102040": "English springer",
    "n02979186": "cassette player",
    "n03000684": "chain saw",
    "n03028079": "church",
    "n03394916": "French horn",
    "n03417042": "garbage truck",
    "n03425413": "gas pump",
    "n03445777": "golf ball",
    "n03888257": "parachute",
}


def test_the_table_has_the_thousand_classes_of_imagenet_each_with_a_word():
    table = words_module._table()
    assert len(table) == 1000
    assert all(re.fullmatch(r"n\d{8}", wordnet_id) for wordnet_id in table)
    assert all(words and all(word.strip() for word in words) for words in table.values())
    assert list(table) == sorted(table), "sorted as the labels of ImageNet are"
    # First and last class, and one in the middle, as everybody numbers them.
    ids = list(table)
    assert [table[ids[number]][0] for number in (0, 1, 281, 999)] == [
        "tench",
        "goldfish",
        "tabby",
        "toilet tissue",
    ]


def test_imagenette_has_the_words_that_its_authors_use():
    assert class_words(list(IMAGENETTE)) == list(IMAGENETTE.values())


def test_names_that_are_no_ids_stay_as_they_are():
    assert class_words(["cat", "0", "n123", "n99999999"]) == ["cat", "0", "n123", "n99999999"]
    assert wordnet_words("n99999999") == ()


@pytest.mark.parametrize(
    "names",
    [
        ["n02012849", "n03126707"],
        ["n03126707", "crane"],
        ["n03710637", "n03710721"],
        ["n01443537", "goldfish"],
    ],
)
def test_classes_that_share_a_word_can_still_be_told_apart(names):
    assert len(set(class_words(names))) == 2
    assert all(name == word or name in word for name, word in zip(names, class_words(names), strict=True))
