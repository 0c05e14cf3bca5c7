"""Pickles read as data: what a pickle would call is noted by name and never called. No torch.

Python's unpickler carries a pickle out: it imports what the file names and calls it. The reader
here walks the same steps and makes plain containers alone, so that no file can run anything.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, NamedTuple

_LARGEST_KEY = 2**61 - 2
"""Integers beyond can all be made to have one hash; as keys they would take for ever."""


class TooManyStepsError(ValueError):
    """A pickle with more steps than allowed."""


@dataclass(frozen=True, eq=False, slots=True)
class Named:
    """A class or function that a pickle names, such as "torch.FloatStorage"."""

    name: str


@dataclass(frozen=True, eq=False, slots=True)
class Persistent:
    """An object that is stored beside the pickle, by the id that the pickle gives it."""

    id: object


@dataclass(eq=False, slots=True)
class Made:
    """The result of a call that was not made: `kind` is what would be called, `args` with what.

    `items` were put into it afterwards, by key or one after the other; `state` was set on it.
    """

    kind: str
    args: Sequence[object]
    items: dict[str | int, object] = field(default_factory=dict)
    state: object = None


class Pickle(NamedTuple):
    """The value of a pickle, and everything in it that is stored beside it."""

    value: object
    persistent: Sequence[Persistent]


def read_pickle(file: IO[bytes], most_steps: int) -> Pickle:
    """The next pickle in `file`; the file is then at the pickle's end.

    Numbers, texts, lists, tuples and dicts are themselves; a dict keeps the entries whose keys are
    names or integers. All else is `Named`, `Persistent` or `Made`.

    Raises:
        TooManyStepsError: for more than `most_steps` steps.
        Exception: of any kind, where the pickle is damaged.
    """
    reader = _Reader()
    for number, (opcode, argument, _) in enumerate(pickletools.genops(file)):
        if number >= most_steps:
            raise TooManyStepsError
        _STEPS[opcode.name](reader, argument)
    return Pickle(reader.pop(), reader.persistent)


class _Reader:
    """A pickle machine: the stack, the marks on it, and the memo."""

    def __init__(self) -> None:
        self.stack: list[object] = []
        self.marks: list[int] = []
        self.memo: dict[int, object] = {}
        self.persistent: list[Persistent] = []

    def push(self, value: object) -> None:
        self.stack.append(value)

    def push_persistent(self, named: object) -> None:
        self.persistent.append(Persistent(named))
        self.push(self.persistent[-1])

    def pop(self) -> object:
        return self.stack.pop()

    def to_mark(self) -> list[object]:
        start = self.marks.pop()
        values = self.stack[start:]
        del self.stack[start:]
        return values

    def last(self, count: int) -> list[object]:
        if len(self.stack) < count:
            raise LookupError("the stack is empty")
        values = self.stack[-count:]
        del self.stack[-count:]
        return values

    def make(self, called: object, args: object) -> None:
        """The result of a call; its arguments are not copied, however often they are named."""
        name = called.name if isinstance(called, Named) else ""
        self.push(Made(name, args if isinstance(args, tuple) else ()))

    def build(self, state: object) -> None:
        if isinstance(self.stack[-1], Made):
            self.stack[-1].state = state

    def put_items(self, keys_and_values: Sequence[object]) -> None:
        """Items into the dict, or what was made, on top."""
        target = self.stack[-1]
        items = target.items if isinstance(target, Made) else target
        if not isinstance(items, dict):
            raise TypeError("items of what has none")
        for key, value in zip(keys_and_values[::2], keys_and_values[1::2], strict=True):
            is_number = type(key) is int and abs(key) <= _LARGEST_KEY
            if is_number or isinstance(key, str):
                items[key] = value

    def put_elements(self, elements: Sequence[object]) -> None:
        """Elements into the list, or what was made, on top."""
        target = self.stack[-1]
        if isinstance(target, list):
            target.extend(elements)
        elif isinstance(target, Made):
            for element in elements:
                target.items[len(target.items)] = element
        else:
            raise TypeError("elements of what has none")

    def put_dict(self) -> None:
        items = self.to_mark()
        self.push({})
        self.put_items(items)

    def pop_one(self) -> None:
        """Take a value off, or a mark where one is on top."""
        if self.marks and self.marks[-1] == len(self.stack):
            self.marks.pop()
        else:
            self.pop()


_Step = Callable[[_Reader, object], object]


def _dotted(argument: object) -> str:
    """pickletools gives a global's module and name with a space between them."""
    return str(argument).replace(" ", ".", 1)


def _put(reader: _Reader, argument: object) -> None:
    assert isinstance(argument, int)
    reader.memo[argument] = reader.stack[-1]


def _put_elements(reader: _Reader, _: object) -> None:
    reader.put_elements(reader.to_mark())


def _object(reader: _Reader, called: object, *args: object) -> None:
    reader.make(called, args)


def _get(reader: _Reader, argument: object) -> None:
    assert isinstance(argument, int)
    reader.push(reader.memo[argument])


def _tuple_of(count: int) -> _Step:
    return lambda reader, _: reader.push(tuple(reader.last(count)))


def _constant(value: object) -> _Step:
    return lambda reader, _: reader.push(value)


_LITERALS = (
    *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"),
    *("STRING", "BINSTRING", "SHORT_BINSTRING", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8"),
    *("BYTEARRAY8", "UNICODE", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"),
)
# Sets are read as lists: nothing in them is looked up.
_STEPS: Mapping[str, _Step] = {
    **dict.fromkeys(_LITERALS, lambda reader, argument: reader.push(argument)),
    **dict.fromkeys(("PROTO", "FRAME", "STOP"), lambda *_: None),
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT"), _put),
    **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), _get),
    **dict.fromkeys(("REDUCE", "NEWOBJ"), lambda reader, _: reader.make(*reader.last(2))),
    **dict.fromkeys(("EMPTY_LIST", "EMPTY_SET"), lambda reader, _: reader.push([])),
    **dict.fromkeys(("LIST", "FROZENSET"), lambda reader, _: reader.push(reader.to_mark())),
    **dict.fromkeys(
        ("APPENDS", "ADDITEMS"), lambda reader, _: reader.put_elements(reader.to_mark())
    ),
    "NONE": _constant(None),
    "NEWTRUE": _constant(True),
    "NEWFALSE": _constant(False),
    "EMPTY_TUPLE": _constant(()),
    "EMPTY_DICT": lambda reader, _: reader.push({}),
    "TUPLE": lambda reader, _: reader.push(tuple(reader.to_mark())),
    "TUPLE1": _tuple_of(1),
    "TUPLE2": _tuple_of(2),
    "TUPLE3": _tuple_of(3),
    "DICT": lambda reader, _: reader.put_dict(),
    "APPEND": lambda reader, _: reader.put_elements((reader.pop(),)),
    "SETITEM": lambda reader, _: reader.put_items(reader.last(2)),
    "SETITEMS": lambda reader, _: reader.put_items(reader.to_mark()),
    "MARK": lambda reader, _: reader.marks.append(len(reader.stack)),
    "POP": lambda reader, _: reader.pop_one(),
    "POP_MARK": lambda reader, _: reader.to_mark(),
    "DUP": lambda reader, _: reader.push(reader.stack[-1]),
    "MEMOIZE": lambda reader, _: _put(reader, len(reader.memo)),
    "GLOBAL": lambda reader, argument: reader.push(Named(_dotted(argument))),
    "STACK_GLOBAL": lambda reader, _: reader.push(Named("{}.{}".format(*reader.last(2)))),
    "INST": lambda reader, argument: reader.make(Named(_dotted(argument)), tuple(reader.to_mark())),
    "OBJ": lambda reader, _: _object(reader, *reader.to_mark()),
    "NEWOBJ_EX": lambda reader, _: reader.make(*reader.last(3)[:2]),
    "BUILD": lambda reader, _: reader.build(reader.pop()),
    "PERSID": lambda reader, argument: reader.push_persistent(argument),
    "BINPERSID": lambda reader, _: reader.push_persistent(reader.pop()),
}
