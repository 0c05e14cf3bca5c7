"""torchinfo's summary of a net that is built on the meta device, so that it takes no memory."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import torchinfo
from torchinfo.enums import ColumnSettings, RowSettings
from torchinfo.formatting import FormattingOptions
from torchinfo.layer_info import LayerInfo

from resnet_viz.arch.config import ResNetConfig, unknown_name
from resnet_viz.arch.plan import NetworkPlan
from resnet_viz.nets.network import build_resnet

Statistics = torchinfo.ModelStatistics
ALL_ROW_SETTINGS = tuple(setting.value for setting in RowSettings)
COLUMNS = ("input_size", "output_size", "kernel_size", "num_params", "mult_adds")
ROW_SETTINGS = ("depth",)
COLUMN_WIDTH = 25


class SummaryRow(NamedTuple):
    """A module as torchinfo lists it.

    `path` is its place in the net, shapes are [N, C, H, W], and `params` and `mult_adds` are what
    torchinfo's text has: of a module with modules in it, only what is its own, or everything
    within where the summary goes no deeper. None stands for torchinfo's "--".
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


ALL_COLUMNS = tuple(c.value for c in ColumnSettings if c.value in SummaryRow._fields)


class MultAdds(NamedTuple):
    """torchinfo's mult-adds and what they consist of, each for one image.

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
        """What is left of the total: 0, as the tests hold."""
        return self.total - self.macs - self.norms - self.biases


def summarize(
    config: ResNetConfig,
    depth: int = 3,
    columns: Sequence[str] = COLUMNS,
    row_settings: Iterable[str] = ROW_SETTINGS,
) -> Statistics:
    """torchinfo's statistics of `config` for one image; `str()` of it is the table.

    Args:
        config: the net.
        depth: how many levels of nested modules the table shows, at least 1.
        columns: torchinfo's col_names, of `ALL_COLUMNS`.
        row_settings: torchinfo's, of `ALL_ROW_SETTINGS`.

    Raises:
        ValueError: where `depth` is less than 1, for an unknown column or row setting, and for a
            net that runs on no single image (a group norm with one value to a group).
    """
    _check(depth, columns, row_settings)
    size = (1, config.in_channels, config.image_size, config.image_size)
    net = build_resnet(config, device="meta")
    try:
        return torchinfo.summary(
            net,
            size,
            depth=depth,
            device="meta",
            mode="eval",
            verbose=0,
            col_names=columns,
            col_width=COLUMN_WIDTH,
            row_settings=row_settings,
        )
    except RuntimeError as error:
        reason = error.__cause__ or error
        raise ValueError(f"torchinfo cannot run this net on one image: {reason}") from error


def restyle(
    statistics: Statistics,
    depth: int = 3,
    columns: Sequence[str] = COLUMNS,
    row_settings: Iterable[str] = ROW_SETTINGS,
) -> Statistics:
    """The same statistics with other settings, without building the net again.

    Raises:
        ValueError: as `summarize`.
    """
    _check(depth, columns, row_settings)
    names = tuple(ColumnSettings(column) for column in columns)
    settings = {RowSettings(setting) for setting in row_settings}
    formatting = FormattingOptions(depth, 0, names, COLUMN_WIDTH, settings)
    return Statistics(
        statistics.summary_list, statistics.input_size, statistics.total_input, formatting
    )


def summary_rows(statistics: Statistics) -> tuple[SummaryRow, ...]:
    """The rows of torchinfo's text, as data."""
    formatting = statistics.formatting
    return tuple(
        _row(layer, statistics)
        for layer in statistics.summary_list
        if layer.depth <= formatting.max_depth
        and not (formatting.hide_recursive_layers and layer.is_recursive)
    )


def rows_to_csv(rows: Iterable[SummaryRow]) -> str:
    """The rows as CSV with a header; shapes as "1x64x56x56"."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(SummaryRow._fields)
    for row in rows:
        writer.writerow(shape(value) if isinstance(value, tuple) else value for value in row)
    return text.getvalue()


def shape(sizes: Iterable[int]) -> str:
    """Sizes as one text, such as "1x64x56x56"."""
    return "x".join(map(str, sizes))


def mult_adds(statistics: Statistics, network: NetworkPlan) -> MultAdds:
    """torchinfo's total, taken apart with the plan's operations."""
    operations = network.operations
    norms = sum(o.params for o in operations if o.kind == "norm")
    biases = sum(o.out_shape[0] * o.out_shape[1] * o.out_shape[2] for o in operations if o.bias)
    return MultAdds(statistics.total_mult_adds, network.macs, norms, biases)


def _check(depth: int, columns: Iterable[str], row_settings: Iterable[str]) -> None:
    if depth < 1:
        raise ValueError(f"depth = {depth} shows nothing; allowed: 1 or more")
    for what, given, known in (
        ("column", columns, ALL_COLUMNS),
        ("row setting", row_settings, ALL_ROW_SETTINGS),
    ):
        for name in given:
            if name not in known:
                raise ValueError(unknown_name(what, name, known))


def _row(layer: LayerInfo, statistics: Statistics) -> SummaryRow:
    is_last = layer.is_leaf_layer or layer.depth == statistics.formatting.max_depth
    params = layer.num_params if is_last else layer.leftover_params()
    share = params / statistics.total_params if statistics.total_params else 0
    return SummaryRow(
        name=layer.var_name,
        path=_path(layer),
        depth=layer.depth,
        type=layer.class_name,
        input_size=tuple(layer.input_size),
        output_size=tuple(layer.output_size),
        kernel_size=_kernel(layer.kernel_size),
        num_params=params or None,
        params_percent=100 * share or None,
        mult_adds=_mult_adds(layer) if is_last else None,
        trainable=layer.trainable,
    )


def _mult_adds(layer: LayerInfo) -> int | None:
    if layer.is_leaf_layer:
        return layer.macs or None
    return sum(child.macs for child in layer.children if child.is_leaf_layer) or None


def _kernel(size: int | Sequence[int] | None) -> tuple[int, ...]:
    """torchinfo has a list for convolutions, a number for pools; both as height and width."""
    if size is None:
        return ()
    return (size, size) if isinstance(size, int) else tuple(size)


def _path(layer: LayerInfo) -> str:
    """The module's path from the net's root, which is "" itself."""
    names: list[str] = []
    here: LayerInfo | None = layer
    while here is not None and here.parent_info is not None:
        names.append(here.var_name)
        here = here.parent_info
    return ".".join(reversed(names))
