"""Summary of a net by torchinfo, on the meta device, so that it takes no memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torchinfo
from torchinfo.layer_info import LayerInfo

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.nets.network import build_resnet
from resnet_viz.text import unknown_name
from resnet_viz.views import modules

Statistics = torchinfo.ModelStatistics


def summarize(
    config: ResNetConfig,
    depth: int = 3,
    columns: Sequence[str] = modules.DEFAULT_COLUMNS,
    row_settings: Iterable[str] = ("depth",),
) -> Statistics:
    """Torchinfo's statistics of `config` for one image; `str()` of it is the table.

    Args:
        config: the net.
        depth: how many levels of nested modules the table shows, at least 1.
        columns: torchinfo's col_names, of `modules.COLUMNS`.
        row_settings: torchinfo's, of `modules.ROW_SETTINGS`.

    Raises:
        ValueError: where `depth` is less than 1, for an unknown column or row setting, and for a
            net that runs on no single image (a group norm with one value to a group).
    """
    _check(depth, columns, row_settings)
    size = (1, *config.image_shape)
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
            col_width=modules.COLUMN_WIDTH,
            row_settings=row_settings,
        )
    except RuntimeError as error:
        reason = error.__cause__ or error
        raise ValueError(f"torchinfo cannot run this net on one image: {reason}") from error


def measure(config: ResNetConfig) -> modules.Summary:
    """The net's modules as data, for one image.

    Raises:
        ValueError: for a net that runs on no single image.
    """
    statistics = summarize(config)
    divider = str(statistics).partition("\n")[0]
    *_, first, second, _ = str(statistics).split(divider)
    return modules.Summary(
        modules=tuple(map(_module, statistics.summary_list)),
        total_params=statistics.total_params,
        total_mult_adds=statistics.total_mult_adds,
        totals=(first.strip(), second.strip()),
    )


def _check(depth: int, columns: Iterable[str], row_settings: Iterable[str]) -> None:
    if depth < 1:
        raise ValueError(f"depth = {depth} shows nothing; allowed: 1 or more")
    for noun, names, allowed in (
        ("column", columns, tuple(modules.COLUMNS)),
        ("row setting", row_settings, modules.ROW_SETTINGS),
    ):
        for name in names:
            if name not in allowed:
                raise ValueError(unknown_name(noun, name, allowed))


def _module(layer: LayerInfo) -> modules.Module:
    within = [child.macs for child in layer.children if child.is_leaf_layer]
    return modules.Module(
        name=layer.var_name,
        path=_path(layer),
        depth=layer.depth,
        number=layer.depth_index,
        type=layer.class_name,
        input_size=layer.input_size,
        output_size=layer.output_size,
        kernel_size=layer.kernel_size,
        params=layer.num_params,
        own_params=layer.leftover_params(),
        mult_adds=layer.macs if layer.is_leaf_layer else sum(within),
        trainable=layer.trainable,
        is_last=layer.is_leaf_layer,
        is_recursive=layer.is_recursive,
    )


def _path(layer: LayerInfo) -> str:
    """The module's path from the net's root, which is "" itself."""
    names: list[str] = []
    here: LayerInfo | None = layer
    while here is not None and here.parent_info is not None:
        names.append(here.var_name)
        here = here.parent_info
    return ".".join(reversed(names))
