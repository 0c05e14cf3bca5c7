"""A block in the manner of He et al. 2016, Fig. 1, 2 and 4: every operation is a box.

The shortcut is the straight grey way from x_l down; what lies on it stands in the way of signal and
gradient. The branch is on its right, a gate between the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.operations import Operation, Unit
from resnet_viz.views.poster import drawing
from resnet_viz.views.poster.words import operation_words

HEIGHT = 15.0
_PITCH = 23.0
_TEXT = 8.0
_TOP = 17.0
_BETWEEN = 26.0
_RADIUS = 5.5
_SIGN_WIDTH = 18.0


def unit_sketch(
    path: str, unit: Unit, config: ResNetConfig, fill: str, ends: tuple[str, str] = ("x", "y")
) -> drawing.Sketch:
    """The block at `path`, between its input and output, `ends` in TeX; its shortcut, or a plain
    block, is at x = 0."""
    return _Unit(path, unit, config, fill).sketch(*ends)


class _Unit:
    """A block under construction, from top to bottom."""

    def __init__(self, path: str, unit: Unit, config: ResNetConfig, fill: str) -> None:
        self.path, self.unit, self.config, self.fill = path, unit, config, fill
        self.under: list[drawing.Item] = []
        self.items: list[drawing.Item] = []
        self.half = max(drawing.text_width(self._words(o), _TEXT) for o in self._boxed("")) / 2 + 7
        lane = 2 * self.half + _BETWEEN
        self.is_plain = unit.shortcut == "none"
        self.gate_x = lane
        self.branch_x = 0 if self.is_plain else lane * (2 if unit.part("gate") else 1)

    def sketch(self, x: str, y: str) -> drawing.Sketch:
        before, branch = self._boxed("preactivation."), self._boxed("branch.")
        on_trunk = before if self.unit.shares_preactivation else []
        own = branch if on_trunk else [*before, *branch]
        self.items.append(drawing.Text(0, 8, x, is_math=True))
        fork = self._trunk(on_trunk)
        last = self._branch(own, fork)
        bottom = last if self.is_plain else self._joined(fork, last)
        end = self._after(bottom)
        self.items.append(drawing.Text(0, end + 9, y, is_math=True))
        right = self.branch_x + self.half
        return drawing.Sketch((*self.under, *self.items), self.half, right, end + 18)

    def _boxed(self, part: str) -> list[Operation]:
        """The operations of a part that have a box; an attention has one, for all of it."""
        return [
            o
            for o in self.unit.operations
            if o.name.startswith(part)
            and (o.kind == "multiply" if o.attention else o.kind != "multiply")
            and o.kind not in ("add", "complement")
        ]

    def _words(self, operation: Operation) -> str:
        return operation_words(operation, self.config)

    def _box(self, operation: Operation, x: float, y: float) -> None:
        fill = self.fill if operation.kind == "conv" else "none"
        name, words = f"{self.path}.{operation.name}", self._words(operation)
        self.items.append(drawing.Box(name, x, y, 2 * self.half, HEIGHT, words, fill, size=_TEXT))

    def _arrow(self, start: drawing.Point, *points: drawing.Point, look: str = "flow") -> None:
        self.under.append(drawing.Line(start, drawing.straight(*points), look))

    def _chain(self, operations: Sequence[Operation], x: float, top: float) -> float:
        """Boxes below each other, the first at `top`, with arrows between; where they end."""
        heights = [top + _PITCH * number for number in range(len(operations))]
        for operation, y in zip(operations, heights, strict=True):
            self._box(operation, x, y)
        for above, below in pairwise(heights):
            self._arrow((x, above + HEIGHT / 2), (x, below - HEIGHT / 2))
        return heights[-1] + HEIGHT / 2

    def _trunk(self, operations: Sequence[Operation]) -> float:
        """What both paths share; where they part."""
        if not operations:
            return _TOP + 9
        top = _TOP + 9 + HEIGHT / 2
        for number, operation in enumerate(operations):
            self._box(operation, 0, top + _PITCH * number)
        return top + _PITCH * (len(operations) - 1) + HEIGHT / 2 + 10

    def _branch(self, operations: Sequence[Operation], fork: float) -> float:
        """The branch; where it ends."""
        x, top = self.branch_x, fork + (9 if self.is_plain else 14)
        start = (0, _TOP) if self.is_plain else (0, fork)
        self._arrow(start, *() if self.is_plain else ((x, fork),), (x, top))
        return self._chain(operations, x, top + HEIGHT / 2)

    def _joined(self, fork: float, last: float) -> float:
        """Shortcut, gate and addition; where the addition ends."""
        x, kind = self.branch_x, self.unit.shortcut
        meet = last + 15 if self.unit.part("gate") else last
        add = meet + (22 if self.unit.part("gate") else 13) + HEIGHT / 2
        self.under.insert(
            0, drawing.Line((0, _TOP), drawing.straight((0, add - HEIGHT / 2)), "trunk", self.path)
        )
        below = last
        if self.unit.part("gate"):
            self._gate(fork, meet)
            if kind == "exclusive_gate":
                self._arrow((x, last), (x, meet - _RADIUS))
                self.items.append(self._joint("branch.gated", x, meet))
                below = meet + _RADIUS
        boxes = self._boxed("shortcut.")
        for number, operation in enumerate(boxes, start=1):
            self._box(operation, 0, fork + (add - fork) * number / (len(boxes) + 1))
        self._arrow((x, below), (x, add), (self.half, add))
        words = "addition"
        self.items.append(
            drawing.Box(
                f"{self.path}.add", 0, add, 2 * self.half, HEIGHT, words, "quiet", size=_TEXT
            )
        )
        return add + HEIGHT / 2

    def _joint(self, name: str, x: float, y: float) -> drawing.Joint:
        return drawing.Joint(f"{self.path}.{name}", x, y, "×", _RADIUS)  # noqa: RUF001

    def _gate(self, fork: float, meet: float) -> None:
        """g from x, 1 - g to the shortcut and, where it is exclusive, g to the branch."""
        x, half = self.gate_x, HEIGHT / 2
        self._arrow((x, fork), (x, fork + 14))
        end = self._chain(self._boxed("gate."), x, fork + 14 + half)
        sign = x / 2
        self._arrow((x, end), (x, meet), (sign + _SIGN_WIDTH / 2, meet))
        self._arrow((sign - _SIGN_WIDTH / 2, meet), (_RADIUS, meet))
        complement = next(o for o in self.unit.operations if o.kind == "complement")
        name, words = f"{self.path}.{complement.name}", self._words(complement)
        self.items.append(drawing.Box(name, sign, meet, _SIGN_WIDTH, HEIGHT, words, size=_TEXT))
        self.items.append(self._joint("shortcut.gated", 0, meet))
        if self.unit.shortcut == "exclusive_gate":
            self._arrow((x, meet), (self.branch_x - _RADIUS, meet))

    def _after(self, top: float) -> float:
        """What follows the addition, on the trunk; where the block ends."""
        look = "flow" if self.is_plain else "trunk"
        operations = self._boxed("after.")
        end = top + _PITCH * len(operations) + 20
        self._arrow((0, top), (0, end), look=look)
        for number, operation in enumerate(operations):
            self._box(operation, 0, top + 8 + HEIGHT / 2 + _PITCH * number)
        return end
