"""How large a pickle's values get, told from its steps alone; no torch."""

from __future__ import annotations

from pickletools import OpcodeInfo, markobject

MAX_TUPLE = 1000
"""Parts of a tuple, those of its parts included: Python's random state, in a checkpoint, has 628.

As a key a tuple is hashed part by part, and a part again wherever it comes up: forty lines can
take for ever, and a deep one the C stack.
"""
MAX_COLLISIONS = 100
"""Integers from here on can all be made to have one hash."""
_FILLS = ("APPEND", "APPENDS", "SETITEM", "SETITEMS", "ADDITEMS", "BUILD")


class Sizes:
    """The stack and the memo of an unpickler, with sizes in place of values."""

    def __init__(self) -> None:
        # A size in a list of one: a container grows wherever it is known.
        self._stack: list[list[int]] = []
        self._marks: list[int] = []
        self._memo: dict[object, list[int]] = {}
        self._long_integers = 0

    def follow(self, opcode: OpcodeInfo, argument: object) -> bool:
        """Take one step; False where what it makes is too large to be a key.

        Raises:
            LookupError: where the pickle is damaged.
        """
        name, stack = opcode.name, self._stack
        if name == "MARK":
            self._marks.append(len(stack))
        elif name in ("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"):
            self._memo[len(self._memo) if argument is None else argument] = stack[-1]
        elif name in ("GET", "BINGET", "LONG_BINGET"):
            stack.append(self._memo[argument])
        else:
            parts = self._taken(opcode)
            size = min(1 + sum(part[0] for part in parts), 2 * MAX_TUPLE)
            if name in _FILLS:
                parts[0][0] = size
                stack.append(parts[0])
            else:
                stack.extend([size] for _ in opcode.stack_after)
            if name.startswith("TUPLE") and size > MAX_TUPLE:
                return False
        self._long_integers += isinstance(argument, int) and abs(argument) >= 2**61 - 1
        return self._long_integers <= MAX_COLLISIONS

    def _taken(self, opcode: OpcodeInfo) -> list[list[int]]:
        before = opcode.stack_before
        if markobject in before:
            start = self._marks.pop() - before.index(markobject)
        else:
            start = len(self._stack) - len(before)
        if start < 0:
            raise LookupError(f"{opcode.name} on an empty stack")
        parts = self._stack[start:]
        del self._stack[start:]
        return parts
