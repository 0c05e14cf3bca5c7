"""Numbers as people read them."""

from __future__ import annotations


def compact(number: float) -> str:
    """A count with three digits and a unit: 11.7 M, 1.81 G."""
    for limit, unit in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(number) >= limit:
            return f"{number / limit:.3g} {unit}"
    return f"{number:.3g}"


def megabytes(number: float) -> str:
    """Bytes in MB or GB (powers of ten)."""
    return f"{number / 1e9:.3g} GB" if number >= 1e9 else f"{number / 1e6:.3g} MB"
