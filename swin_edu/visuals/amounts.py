"""Large numbers in few letters, for figures and explorers: 145 M multiply-adds, 118 MB, 13.8 times.

Notebook 02's CostExplorer speaks in them; amounts.js says the same in the browser, and a test compares both.
"""

from decimal import ROUND_HALF_UP, Context, Decimal

PREFIXES = ("", "k", "M", "G", "T", "P", "E")
THREE_DIGITS = Context(prec=3, rounding=ROUND_HALF_UP)


def compact(value: float, unit: str = "") -> str:
    """A number in three digits and a power of 1000; whole numbers below 10,000 stay, without a unit.

    Args:
        value: at least 0.
        unit: written after the power, such as "B" for bytes.

    Example:
        >>> compact(145_111_040), compact(118_013_952, "B"), compact(9604)
        ('145 M', '118 MB', '9,604')
    """
    if not unit and value == int(value) and value < 10_000:
        return f"{int(value):,}"
    number, power = value, 0
    while float(_digits(number, power)) >= 1000 and power < len(PREFIXES) - 1:
        power += 1
        number = value / 1000**power
    return f"{_digits(number, power)} {PREFIXES[power]}{unit}".rstrip()


def ratio_text(ratio: float) -> str:
    """How many times: whole numbers as they are, from 100 on rounded, else three digits.

    Example:
        >>> ratio_text(64), ratio_text(13.8082), ratio_text(1337.47)
        ('64', '13.8', '1,337')
    """
    if ratio == int(ratio) or ratio >= 99.95:
        return f"{int(ratio + 0.5):,}"
    return _digits(ratio, 1).rstrip("0").rstrip(".")


def percent(share: float) -> str:
    """A share in whole percent; never 0 or 100 where something is there or missing.

    Example:
        >>> percent(0.1813), percent(0.001), percent(0.9999)
        ('18 %', '< 1 %', '> 99 %')
    """
    whole = int(100 * share + 0.5)
    if whole == 0 and share > 0:
        return "< 1 %"
    if whole == 100 and share < 1:
        return "> 99 %"
    return f"{whole} %"


def _digits(number: float, power: int) -> str:
    if power == 0 and number == int(number):
        return str(int(number))
    # Halves go up, as in the browser; "f" keeps trailing zeros and writes no exponent.
    rounded = THREE_DIGITS.create_decimal(Decimal(number))
    places = max(0, 2 - rounded.adjusted())
    return f"{rounded:.{places}f}"
