# ruff: noqa: RUF001, RUF002
"""Table 1 of the paper, for any plan, in Markdown, LaTeX and CSV; no torch."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from resnet_viz.arch.operations import Operation, Unit
from resnet_viz.arch.plan import NetworkPlan, StagePlan
from resnet_viz.arch.receptive import receptive_fields
from resnet_viz.views import labels

LATEX_NEEDS = r"% \usepackage{amsmath,booktabs}"


class StageRow(NamedTuple):
    """A row of He 2015, Table 1: stem, stage or head.

    `formula` is one block's, `repeats` how many there are; `params` and `macs` (for one image)
    count them all. `receptive_field` is the pixels a side of the image that an output pixel sees;
    the head's is that before its pooling.
    """

    stage: str
    output: str
    formula: str
    repeats: int
    params: int
    macs: int
    receptive_field: int


def table1(plan: NetworkPlan) -> tuple[StageRow, ...]:
    """The rows of He 2015, Table 1 (with C=32 of ResNeXt if the 3x3 is grouped).

    One row a stage (its blocks differ in stride and shortcut at most), and one each for stem and
    head. The rows' sums are the plan's totals.
    """
    fields = receptive_fields(plan)
    last = [stage.blocks[-1].name for stage in plan.stages]
    stages = (
        _stage_row(stage, fields[name]) for stage, name in zip(plan.stages, last, strict=True)
    )
    stem = _unit_row("stem", plan.stem, fields["stem"])
    return (stem, *stages, _unit_row("head", plan.head, fields[last[-1]]))


def to_markdown(rows: Sequence[StageRow]) -> str:
    """`rows` as a Markdown table with a header."""
    titles = [field.replace("_", " ") for field in StageRow._fields]
    lines = [titles, ["---"] * len(titles), *([_cell(value) for value in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def to_csv(rows: Sequence[StageRow]) -> str:
    """`rows` as CSV with a header, numbers without separators."""
    return csv_text([StageRow._fields, *rows])


def csv_text(rows: Iterable[Sequence[object]]) -> str:
    """The text of a CSV file; shapes as "1x64x56x56"."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for row in rows:
        writer.writerow("x".join(map(str, v)) if isinstance(v, tuple) else v for v in row)
    return text.getvalue()


def to_latex(rows: Sequence[StageRow]) -> str:
    """Stages as in He 2015, Table 1; needs the packages booktabs and amsmath."""
    titles = r"stage & output size & blocks & parameters & MACs \\"
    lines = (
        rf"{row.stage} & {_in_math(row.output)} & {_blocks(row)} & {row.params:,} & {row.macs:,} \\"
        for row in rows
    )
    top, bottom = r"\begin{tabular}{llcrr}", r"\end{tabular}"
    body = (r"\toprule", titles, r"\midrule", *lines, r"\bottomrule")
    return "\n".join((LATEX_NEEDS, top, *(f"  {line}" for line in body), bottom)) + "\n"


def _blocks(row: StageRow) -> str:
    """The bracketed convolutions of a block, one above the other, times the repeats."""
    if not row.formula.startswith("["):
        return _in_math(row.formula)
    lines = r" \\ ".join(
        rf"\text{{{_in_math(line)}}}" for line in row.formula.strip("[]").split("; ")
    )
    return rf"$\begin{{bmatrix}} {lines} \end{{bmatrix}} \times {row.repeats}$"


def _in_math(text: str) -> str:
    return text.replace("×", r"$\times$")


def _cell(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value).replace("|", "\\|")


def _unit_row(name: str, unit: Unit, receptive_field: int) -> StageRow:
    shown = [o for o in unit.operations if o.kind not in ("norm", "activation")]
    formula = "; ".join(_step(operation) for operation in shown)
    return StageRow(
        name, labels.size(unit.out_shape), formula, 1, unit.params, unit.macs, receptive_field
    )


def _step(operation: Operation) -> str:
    """One operation of stem or head, such as "7×7, 64, stride 2"."""
    stride = f", stride {operation.stride}" if operation.stride > 1 else ""
    size = f"{operation.kernel}×{operation.kernel}"
    texts = {
        "conv": f"{labels.kernel(operation)}{stride}",
        "max_pool": f"{size} max pool{stride}",
        "avg_pool": f"{size} average pool{stride}",
        "blur_pool": f"{size} blur pool{stride}",
        "global_avg_pool": "global average pool",
        "linear": f"{operation.out_shape[0]}-d linear",
    }
    return texts[operation.kind]


def _stage_row(stage: StagePlan, receptive_field: int) -> StageRow:
    """With a block's convolutions as in the paper's brackets."""
    name, size = f"stage {stage.index + 1}", labels.size(stage.out_shape)
    convolutions = [o for o in stage.blocks[0].unit.part("branch") if o.kind == "conv"]
    formula = f"[{'; '.join(labels.kernel(o) + labels.groups(o) for o in convolutions)}]"
    return StageRow(
        name, size, formula, len(stage.blocks), stage.params, stage.macs, receptive_field
    )
