"""Text for people: counts, sizes, significant digits, lists of names; and what must not be
printed."""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Callable, Iterable, Sequence
from math import floor, isfinite, log10

Words = Callable[[str], str]
"""From an English text to the same in a language; `str` leaves it as it is."""


def count(number: int, thing: str) -> str:
    """A count with its noun: "1 layer", "2 layers"."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def ordinal(number: int) -> str:
    """An ordinal number: "2nd", "11th", "20th"."""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10)
    return f"{number:,}{ending or 'th'}"


def capital(text: str) -> str:
    """The text with a capital at its beginning; the rest stays as it is, unlike in Python's own."""
    return text[:1].upper() + text[1:]


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


def compact(number: float, unit: str = "") -> str:
    """A number in three digits, with an SI prefix and the unit: "11.7 M", "100 MB"."""
    for prefix, size in (("T", 1e12), ("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if abs(number) >= size * (1 - 1e-9):
            return f"{number / size:.3g} {prefix}{unit}"
    return f"{number:.3g} {unit}".rstrip()


def byte_size(size: int) -> str:
    """A size in bytes: "999 B", "1.2 MB", "20 GB"."""
    value, units = float(size), ["B", "kB", "MB", "GB", "TB"]
    while value >= 999.5 and len(units) > 1:
        value, units = value / 1000, units[1:]
    digits = 0 if value >= 99.95 else 1
    return f"{f'{value:.{digits}f}'.removesuffix('.0')} {units[0]}"


def duration(seconds: float, say: Words = str) -> str:
    """A duration, such as "9 s", "3 min 20 s" or "2 h 5 min"."""
    whole = max(0, round(seconds))
    if whole < 60:
        return say("{s} s").format(s=whole)
    if whole < 3600:
        return say("{min} min {s} s").format(min=whole // 60, s=whole % 60)
    return say("{h} h {min} min").format(h=whole // 3600, min=whole % 3600 // 60)


def unknown_name(what: str, name: str, known: Sequence[str], *, lists: bool = True) -> str:
    """A sentence that says `name` is unknown and suggests near names, or else `lists` them all."""
    near = difflib.get_close_matches(name[:100], known, n=3, cutoff=0.5)
    said = f"unknown {what} {shorten(name)}"
    if near:
        return f"{said}; did you mean {or_words(near)}?"
    return f"{said}; allowed: {', '.join(known)}" if known and lists else said


def shorten(value: object, limit: int = 60) -> str:
    """The value as Python would show it, cut to `limit` characters."""
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 3] + "..."


def printable(text: str) -> str:
    """The text with unprintable characters escaped, because terminals obey control characters."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def distinct(names: Iterable[str]) -> Sequence[str]:
    """Names made distinct by numbers: "ResNet-56", "ResNet-56 (2)"."""
    made: dict[str, None] = {}
    for name in names:
        numbered = (f"{name} ({number})" for number in itertools.count(2))
        made[next(one for one in itertools.chain([name], numbered) if one not in made)] = None
    return tuple(made)


def and_words(names: Sequence[str]) -> str:
    """A list in words, such as "a, b and c"; there is at least one name."""
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def or_words(names: Sequence[str]) -> str:
    """A choice in words, such as "'a', 'b' or 'c'", each as Python would show it; there is at least
    one name."""
    *others, last = map(repr, names)
    return f"{', '.join(others)} or {last}" if others else last
