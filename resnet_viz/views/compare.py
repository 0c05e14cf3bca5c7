"""Comparison of several nets: fields, numbers and stages that differ; no torch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from resnet_viz.arch.config import ResNetConfig, differences
from resnet_viz.arch.plan import NetworkPlan
from resnet_viz.views.labels import SHORTCUT_NAMES
from resnet_viz.views.table import StageRow, table1


class NumberRow(NamedTuple):
    """One number of each net, in the order of the nets."""

    name: str
    unit: Literal["", "bytes"]
    values: tuple[int, ...]


class AlignedStage(NamedTuple):
    """One stage ("stem", "stage 1", "head") of each net; None if a net has no such stage."""

    stage: str
    rows: tuple[StageRow | None, ...]


def differing_fields(configs: Sequence[ResNetConfig]) -> dict[str, tuple[object, ...]]:
    """The fields that differ between the nets, with each net's value."""
    differing = {field for config in configs for field in differences(config, configs[0])}
    return {
        field: tuple(getattr(config, field) for config in configs)
        for field in ResNetConfig.model_fields
        if field in differing
    }


def number_rows(plans: Sequence[NetworkPlan]) -> tuple[NumberRow, ...]:
    """Rows of numbers: depth, parameters, MACs, shortcuts, activation bytes of one image."""
    shortcuts = [plan.shortcuts for plan in plans]
    kinds = [kind for kind in SHORTCUT_NAMES if any(kind in counts for counts in shortcuts)]
    return (
        NumberRow("depth", "", tuple(plan.depth for plan in plans)),
        NumberRow("parameters", "", tuple(plan.params for plan in plans)),
        NumberRow("MACs", "", tuple(plan.macs for plan in plans)),
        *(
            NumberRow(
                f"{SHORTCUT_NAMES[kind]} shortcuts", "", tuple(c.get(kind, 0) for c in shortcuts)
            )
            for kind in kinds
        ),
        NumberRow("shortcuts in all", "", tuple(sum(counts.values()) for counts in shortcuts)),
        NumberRow("activations", "bytes", tuple(plan.activation_bytes(1) for plan in plans)),
    )


def aligned_stages(plans: Sequence[NetworkPlan]) -> tuple[AlignedStage, ...]:
    """The stages of the nets side by side, as in Table 1: stem, stages by number, head."""
    tables = [{row.stage: row for row in table1(plan)} for plan in plans]
    longest = max(tables, key=len)
    return tuple(
        AlignedStage(stage, tuple(table.get(stage) for table in tables)) for stage in longest
    )
