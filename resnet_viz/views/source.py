"""A config as one standalone PyTorch file, written from the plan; no torch.

The file defines only what its net needs. Its `ResNet` has the module paths of `build_resnet`, so
that a state dict of the one fits the other and gives the same outputs to the last bit.
"""

from __future__ import annotations

import json
import textwrap
from itertools import groupby

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.operations import Unit
from resnet_viz.arch.plan import BlockPlan, NetworkPlan, StagePlan, plan
from resnet_viz.arch.presets import SOURCES, label, preset_name
from resnet_viz.views.python_code import LINE_LENGTH, Call, Expression, Repeated, call, laid_out
from resnet_viz.views.source_blocks import Blocks
from resnet_viz.views.source_layers import (
    definitions,
    distinct_operations,
    has_odd_groups,
    in_numbers,
    sequence,
)

_USE = (
    "Written by resnet_viz. ResNet().load_state_dict(...) takes the state dict of its "
    "build_resnet(config), and the outputs are then the same to the last bit. Without one the "
    "weights are drawn as PyTorch draws them by default, not as the config's `init` says."
)


def to_source(config: ResNetConfig) -> str:
    """The net of `config` as a Python file that imports torch and nothing of this project.

    Formatted as by `ruff format` at 100 characters, typed for `mypy --strict`, under 200 lines
    whatever the depth.
    """
    network = plan(config)
    blocks = Blocks(network)
    classes = (blocks.definition(kind) for kind in blocks.kinds)
    parts = (*definitions(network), blocks.branch, *classes, _resnet(network, blocks))
    return "\n\n\n".join([_head(network), *parts]) + "\n"


def _head(network: NetworkPlan) -> str:
    return f'"""{_description(network.config)}\n"""\n\n{_imports(network)}'


def _description(config: ResNetConfig) -> str:
    """Which net it is, where it comes from, and the config as JSON."""
    name = preset_name(config)
    origin = SOURCES[name] if name else "a net of one's own choice, after He et al. 2015 and 2016"
    fields = json.dumps(config.model_dump(mode="json", exclude_defaults=True))
    paragraphs = (_wrapped(f"Source: {origin}."), _wrapped(_USE))
    changes = "The config, where it differs from ResNetConfig's defaults:\n" + _wrapped(fields)
    return "\n\n".join([f"{label(config)} as one PyTorch file.", *paragraphs, changes])


def _wrapped(text: str) -> str:
    return textwrap.fill(text, LINE_LENGTH, break_long_words=False, break_on_hyphens=False)


def _imports(network: NetworkPlan) -> str:
    kinds = {operation.kind for operation in distinct_operations(network)}
    standard = ["from collections import OrderedDict"]
    standard += ["from math import gcd"] * has_odd_groups(network)
    ours = ["import torch"] * bool(kinds & {"skipinit", "stochastic_depth"})
    return "\n".join([*standard, "", *ours, "from torch import Tensor, nn"])


def _resnet(network: NetworkPlan, blocks: Blocks) -> str:
    """The class of the whole net."""
    config = network.config
    stages = call("nn.Sequential", *(_stage(stage, blocks) for stage in network.stages))
    size = f"[N, {config.in_channels}, {config.image_size}, {config.image_size}]"
    lines = [
        "class ResNet(nn.Module):",
        f'    """Stem, stages of blocks, head: {size} -> logits [N, {config.num_classes}]."""',
        "",
        "    def __init__(self) -> None:",
        "        super().__init__()",
        laid_out(_standing_once(network, network.stem), " " * 8, "self.stem = "),
        laid_out(stages, " " * 8, "self.stages = "),
        laid_out(_standing_once(network, network.head), " " * 8, "self.head = "),
        "",
        "    def forward(self, x: Tensor) -> Tensor:",
        "        out: Tensor = self.head(self.stages(self.stem(x)))",
        "        return out",
    ]
    return "\n".join(lines)


def _standing_once(network: NetworkPlan, unit: Unit) -> Expression:
    return sequence(in_numbers(unit.operations), network.config, has_odd_groups(network))


def _stage(stage: StagePlan, blocks: Blocks) -> Call:
    """A stage's blocks in a row; those that are alike in a loop."""
    runs = [list(run) for _, run in groupby(stage.blocks, blocks.made)]
    return call("nn.Sequential", *(_run(run, blocks) for run in runs))


def _run(run: list[BlockPlan], blocks: Blocks) -> Expression:
    first = blocks.number(run[0])
    if len(run) == 1:
        return blocks.made(run[0], str(first))
    if not blocks.has_numbers:
        return Repeated(blocks.made(run[0]), "_", f"range({len(run)})")
    return Repeated(blocks.made(run[0]), "number", f"range({first}, {first + len(run)})")
