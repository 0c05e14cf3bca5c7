"""The student's program for any set of mended faults, with the lines of each fault.

Its template is program.txt. A line that ends with `#- name` is there while that fault is not
mended, one with `#+ name` once it is; all others always are. There are as many of both, so that
mending moves no line.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Literal, NamedTuple, get_args

Fault = Literal["name", "addition", "stride", "projection", "spelling", "pooling", "blocks"]
FAULTS: tuple[Fault, ...] = get_args(Fault)
"""name: dim_inc is used where it does not exist. addition: the shortcut is never added. stride: it
is never 2. projection: a ReLU follows it. spelling: of an attribute. pooling: of kernel 1, without
flattening. blocks: six in conv5, where the paper has three."""
STOPPING: tuple[Fault, ...] = ("name", "spelling", "pooling")
"""Those at which Python stops; the program runs with the others, and nothing is said of them."""
SILENT = tuple(fault for fault in FAULTS if fault not in STOPPING)
FILE = "notebook.py"
"""What the program is called in its errors."""
_TEMPLATE = Path(__file__).with_name("program.txt")
_MARKED = re.compile(r"(.*?)\s*#([-+]) (\w+)")


class Line(NamedTuple):
    """A line of the program; `fault` is None where it belongs to none."""

    text: str
    fault: Fault | None = None


@lru_cache(maxsize=1 << len(FAULTS))
def program(mended: frozenset[Fault]) -> tuple[Line, ...]:
    """The lines of the program in which these faults are mended."""
    return tuple(_lines(mended))


def source(mended: Collection[Fault]) -> str:
    """The text of that program."""
    return "".join(f"{line.text}\n" for line in program(frozenset(mended)))


def lines_of(fault: Fault) -> tuple[int, ...]:
    """Where every program has a fault, or what it was mended by: lines, from 1."""
    lines = program(frozenset())
    return tuple(number for number, line in enumerate(lines, 1) if line.fault == fault)


def _lines(mended: Collection[Fault]) -> Iterator[Line]:
    for line in _TEMPLATE.read_text(encoding="utf-8").splitlines():
        marked = _MARKED.fullmatch(line)
        if marked is None:
            yield Line(line)
            continue
        fault = next(one for one in FAULTS if one == marked[3])
        if (marked[2] == "+") == (fault in mended):
            yield Line(marked[1], fault)
