"""Modules of a net as torchinfo measured them, as rows and as torchinfo's text; no torch.

`views.summary.measure` makes them where torch is; here they are styled again and again without it.
The text is torchinfo's to the letter (torchinfo 1.8, `formatting.py`), as the tests hold.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple, Self

from resnet_viz.arch.plan import NetworkPlan
from resnet_viz.views.table import csv_text

COLUMNS = {
    "input_size": "Input Shape",
    "output_size": "Output Shape",
    "kernel_size": "Kernel Shape",
    "num_params": "Param #",
    "params_percent": "Param %",
    "mult_adds": "Mult-Adds",
    "trainable": "Trainable",
}
"""torchinfo's columns and their titles."""
DEFAULT_COLUMNS = ("input_size", "output_size", "kernel_size", "num_params", "mult_adds")
ROW_SETTINGS = ("depth", "var_names", "ascii_only", "hide_recursive_layers")
COLUMN_WIDTH = 25
_NAME_WIDTH, _ALIGNMENT = 40, 5


class Module(NamedTuple):
    """A module; one that is used several times appears several times.

    `path` is its place in the net and `number` its number on its level; shapes are [N, C, H, W],
    and `kernel_size` is as the module has it: two numbers, one, or none. `own_params` are those of
    no module within, and `mult_adds` the sum over all modules within, or its own of a last one.
    """

    name: str
    path: str
    depth: int
    number: int | None
    type: str
    input_size: Sequence[int]
    output_size: Sequence[int]
    kernel_size: Sequence[int] | int | None
    params: int
    own_params: int
    mult_adds: int
    trainable: str
    is_last: bool
    is_recursive: bool


class SummaryRow(NamedTuple):
    """A module as torchinfo lists it.

    `num_params` and `mult_adds` are what torchinfo's text has: of a module with modules in it,
    only what is its own, or everything within where the summary goes no deeper. None stands for
    torchinfo's "--".
    """

    name: str
    path: str
    depth: int
    type: str
    input_size: tuple[int, ...]
    output_size: tuple[int, ...]
    kernel_size: tuple[int, ...]
    num_params: int | None
    params_percent: float | None
    mult_adds: int | None
    trainable: str


class MultAdds(NamedTuple):
    """Torchinfo's mult-adds, taken apart; for one image.

    torchinfo counts every weight and bias once for each pixel that it is used at, but a norm's
    scale and shift once for the whole image; the plan's MACs are those of the weights of
    convolutions and linear layers alone.
    """

    total: int
    macs: int
    norms: int
    biases: int

    @property
    def unexplained(self) -> int:
        """The remainder of the total: 0, as the tests check."""
        return self.total - self.macs - self.norms - self.biases


class Summary(NamedTuple):
    """All modules of a net in forward order, and the totals, for one image.

    `totals` are the two paragraphs with which torchinfo's text ends.
    """

    modules: tuple[Module, ...]
    total_params: int
    total_mult_adds: int
    totals: Sequence[str]

    def to_json(self) -> str:
        """The summary as one line of JSON, for `from_json`."""
        return json.dumps(self)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The summary that `to_json` wrote."""
        modules, *totals = json.loads(text)
        return cls(tuple(Module(*module) for module in modules), *totals)

    def listed(self, depth: int, row_settings: Collection[str] = ()) -> tuple[Module, ...]:
        """The modules down to `depth`, without repeated ones if asked."""
        hide = "hide_recursive_layers" in row_settings
        return tuple(m for m in self.modules if m.depth <= depth and not (hide and m.is_recursive))

    def rows(self, depth: int, row_settings: Collection[str] = ()) -> tuple[SummaryRow, ...]:
        """The rows of `text`, as data."""
        return tuple(self._row(module, depth) for module in self.listed(depth, row_settings))

    def _row(self, module: Module, depth: int) -> SummaryRow:
        params, mult_adds = _counted(module, depth)
        kernel = module.kernel_size
        return SummaryRow(
            name=module.name,
            path=module.path,
            depth=module.depth,
            type=module.type,
            input_size=tuple(module.input_size),
            output_size=tuple(module.output_size),
            # A list for convolutions, a number for pools; both as height and width.
            kernel_size=(kernel, kernel) if isinstance(kernel, int) else tuple(kernel or ()),
            num_params=params or None,
            params_percent=100 * params / self.total_params if params else None,
            mult_adds=mult_adds or None,
            trainable=module.trainable,
        )

    def text(self, depth: int, columns: Sequence[str], row_settings: Collection[str] = ()) -> str:
        """torchinfo's table, `depth` levels of modules deep.

        Args:
            depth: at least 1.
            columns: of `COLUMNS`, in the order wanted.
            row_settings: of `ROW_SETTINGS`.
        """
        titles = [_title(module, row_settings) for module in self.modules]
        longest = max(
            len(title) + module.depth * _ALIGNMENT + 1
            for title, module in zip(titles, self.modules, strict=True)
        )
        width = max(_NAME_WIDTH, math.ceil(longest / _ALIGNMENT) * _ALIGNMENT)
        divider = "=" * (len(columns) * COLUMN_WIDTH + width)
        var_name = " (var_name)" if "var_names" in row_settings else ""
        depth_index = ":depth-idx" if "depth" in row_settings else ""
        head = [f"Layer (type{var_name}{depth_index})", *(COLUMNS[column] for column in columns)]
        body = [
            [
                _indent(module.depth, "ascii_only" in row_settings) + _title(module, row_settings),
                *(self._cell(module, column, depth) for column in columns),
            ]
            for module in self.listed(depth, row_settings)
        ]
        lines = [divider, _line(head, width), divider, *(_line(cells, width) for cells in body)]
        for paragraph in self.totals:
            lines += [divider, paragraph]
        return "\n".join([*lines, divider])

    def _cell(self, module: Module, column: str, depth: int) -> str:
        params, mult_adds = _counted(module, depth)
        match column:
            case "num_params":
                return "(recursive)" if module.is_recursive and module.params else _number(params)
            case "params_percent":
                if self.total_params and module.is_recursive:
                    return "(recursive)"
                return f"{params / self.total_params:>7.2%}" if params else "     --"
            case "mult_adds":
                return _number(mult_adds)
        value = getattr(module, column)
        return str(value) if value else "--"


def mult_adds(summary: Summary, network: NetworkPlan) -> MultAdds:
    """Torchinfo's total, explained by the plan's operations."""
    operations = network.operations
    norms = sum(o.params for o in operations if o.kind == "norm")
    biases = sum(o.out_shape[0] * o.out_shape[1] * o.out_shape[2] for o in operations if o.bias)
    return MultAdds(summary.total_mult_adds, network.macs, norms, biases)


def rows_to_csv(rows: Iterable[SummaryRow]) -> str:
    """The rows as CSV with a header; shapes as "1x64x56x56"."""
    return csv_text([SummaryRow._fields, *rows])


def _counted(module: Module, depth: int) -> tuple[int, int]:
    """Parameters and mult-adds on a module's row where the summary ends at `depth`."""
    if module.is_last or module.depth == depth:
        return module.params, module.mult_adds
    return module.own_params, 0


def _title(module: Module, row_settings: Collection[str]) -> str:
    name = f" ({module.name})" if "var_names" in row_settings and module.name else ""
    if "depth" not in row_settings or not module.depth:
        return module.type + name
    number = "" if module.number is None else f"-{module.number}"
    return f"{module.type}{name}: {module.depth}{number}"


def _indent(depth: int, ascii_only: bool) -> str:
    if depth == 0:
        return ""
    if depth == 1:
        return "+ " if ascii_only else "├─"
    bar, corner = ("|    ", "+ ") if ascii_only else ("│    ", "└─")
    return bar * (depth - 1) + corner


def _line(cells: Sequence[str], width: int) -> str:
    name, *values = cells
    return " ".join([f"{name:<{width}}", *(f"{v:<{COLUMN_WIDTH}}" for v in values)]).rstrip()


def _number(number: int) -> str:
    return f"{number:,}" if number > 0 else "--"
