"""What the classes of ImageNet are called: words for WordNet ids such as n01443537.

Tiny-ImageNet and Imagenette, in notebook 09, name their classes by these ids; a person who looks at a
confusion matrix wants the words.
"""

from collections import Counter
from functools import lru_cache
from pathlib import Path

_TABLE = Path(__file__).with_name("wordnet_words.tsv")


def wordnet_words(wordnet_id: str) -> tuple[str, ...]:
    """All words that WordNet has for one class of ImageNet-1k.

    Args:
        wordnet_id: "n" and eight digits. The 200 classes of Tiny-ImageNet and the 10 of Imagenette are among
            the 1000.

    Returns:
        The usual word first; empty for an id that is no class of ImageNet-1k.

    Example:
        >>> wordnet_words("n01443537")
        ('goldfish', 'Carassius auratus')
    """
    return _table().get(wordnet_id, ())


def class_words(class_names: list[str]) -> list[str]:
    """Names of classes as a person reads them: WordNet ids in words, all others as they are.

    Args:
        class_names: the C names that a data set has.

    Returns:
        C different words. Where two classes share a word, as the bird and the machine called crane do, the id
        stands behind it.

    Example:
        >>> class_words(["n01443537", "dog", "n02012849", "n03126707"])
        ['goldfish', 'dog', 'crane (n02012849)', 'crane (n03126707)']
    """
    words = [(wordnet_words(name) or (name,))[0] for name in class_names]
    counts = Counter(words)
    return [
        word if counts[word] == 1 or word == name else f"{word} ({name})"
        for word, name in zip(words, class_names, strict=True)
    ]


@lru_cache(maxsize=1)
def _table() -> dict[str, tuple[str, ...]]:
    lines = _TABLE.read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in lines if line and not line.startswith("#"))
    return {wordnet_id: tuple(words.split(", ")) for wordnet_id, words in rows}
