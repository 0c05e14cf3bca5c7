"""Words for numbers: counts, ordinals, significant digits."""

from __future__ import annotations

from math import floor, isfinite, log10


def count(number: int, thing: str) -> str:
    """ "1 layer", "2 layers"."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def ordinal(number: int) -> str:
    """ "2nd", "11th", "20th"."""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10)
    return f"{number:,}{ending or 'th'}"


def number(value: float, digits: int = 3) -> str:
    """`value` to `digits` significant digits, without an exponent where that is short."""
    if not isfinite(value):
        return "not finite"
    if value == 0 or 1e-4 <= abs(value) < 1e6:
        after = digits - 1 - floor(log10(abs(value))) if value else 0
        rounded = round(float(value), after)
        if rounded and digits - 1 - floor(log10(abs(rounded))) < after:
            after -= 1  # 0.0999 is 0.10 to two digits, not 0.100
        return f"{rounded:,.{max(0, min(after, 6))}f}"
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    return f"{mantissa}e{int(exponent)}"
