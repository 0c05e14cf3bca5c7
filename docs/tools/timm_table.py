"""Table of timm's ResNets, docs/TIMM.md: which of them are a configuration.

    python -m docs.tools.timm_table    makes every net, asks, and writes the page: some ten minutes

Nets are made on the meta device: a proof draws its own weights.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import timm
import torch
from timm.layers import BlurPool2d
from torch import nn

from resnet_viz import ResNetConfig, plan

FILE = Path(__file__).parents[1] / "TIMM.md"
LEFT_OUT: Mapping[str, str] = {
    **dict.fromkeys(("ecaresnet50d_pruned", "ecaresnet101d_pruned"), "layers cut one by one"),
    "test_resnet": "basic blocks and bottlenecks in one net",
}
"""Those that no configuration has, and why."""
_PAGE = """# timm's ResNets

timm's `resnet.py` has {all} constructors. `ResNetConfig.from_model` gives the configuration of
{equal} of them: the same parameters, to the unit, and the same output from the same weights in
evaluation. The table gives the reason why the other {rest} are left out.

Ten rows are checked on every change; `RESNET_VIZ_NIGHTLY=1` checks all of them
(`tests/nets/recognition/test_other_libraries.py`, with timm {version}).
`python -m docs.tools.timm_table` writes this page.

| constructor | parameters | as a configuration |
|:--|--:|:--|
{rows}
"""
_WORDS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def constructors() -> Sequence[str]:
    """The names of timm's ResNets."""
    return list(timm.list_models(module="resnet"))


def made(name: str) -> nn.Module:
    """One of them, without weights."""
    with torch.device("meta"):
        module: nn.Module = timm.create_model(name, pretrained=False)
    for one in module.modules():
        if isinstance(one, BlurPool2d):  # its filter is no weight, and would have no values
            one.filt = torch.empty(one.filt.shape)
            one.reset_parameters()
    return module


def row(name: str) -> str:
    """A net's row: what `from_model` says of it, and how many parameters it has.

    Raises:
        ValueError: where it is recognised and is to be left out, or the other way round.
    """
    module = made(name)
    params = sum(parameter.numel() for parameter in module.parameters())
    try:
        config = ResNetConfig.from_model(module)
    except ValueError as error:
        if name not in LEFT_OUT:
            raise ValueError(f"{name} is not recognised: {error}") from error
        return f"| {name} | {params:,} | left out: {LEFT_OUT[name]} |"
    if name in LEFT_OUT or plan(config).params != params:
        raise ValueError(f"{name} is recognised, with {plan(config).params:,} parameters")
    return f"| {name} | {params:,} | equal |"


def page(rows: Sequence[str]) -> str:
    """The page, of a row for each net."""
    left = sum("| left out: " in one for one in rows)
    return _PAGE.format(
        all=len(rows),
        equal=len(rows) - left,
        rest=_WORDS[left] if left < len(_WORDS) else left,
        version=timm.__version__,
        rows="\n".join(rows),
    )


if __name__ == "__main__":
    FILE.write_text(page([row(name) for name in constructors()]), encoding="utf-8")
