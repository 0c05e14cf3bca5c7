"""Source export: a config as one standalone PyTorch file, written from the plan; no torch.

The file defines only what its net needs. Its `ResNet` has the module paths of `build_resnet`, so
that a state dict of the one fits the other and gives the same outputs to the last bit.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from itertools import groupby

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.operations import Unit
from resnet_viz.arch.plan import NetworkPlan, plan
from resnet_viz.arch.presets import SOURCES, label, preset_name
from resnet_viz.views.source.blocks import Blocks
from resnet_viz.views.source.layers import in_numbers, sequence
from resnet_viz.views.source.pasted import classes, imports
from resnet_viz.views.source.python_code import (
    LINE_LENGTH,
    Call,
    Expression,
    Repeated,
    call,
    laid_out,
)

_USE = (
    "Weights start as PyTorch draws them. With those of resnet_viz.build_resnet(config), by "
    "load_state_dict, the outputs are the same to the last bit."
)
_SEQUENCE = '''\
def sequence(**layers: nn.Module) -> nn.Sequential:
    """Layers in a row, by name."""
    return nn.Sequential(OrderedDict(layers))'''


def to_source(config: ResNetConfig) -> str:
    """The source of a net: a Python file that imports torch and nothing of this project.

    Formatted as by `ruff format` at 100 characters, typed for `mypy --strict`, under 270 lines
    whatever the depth. Its blocks and layers are the classes of nets/, word for word.
    """
    network = plan(config)
    blocks = Blocks(network)
    written = [*blocks.functions, _resnet(network, blocks)]
    parts = [*classes("\n".join(written)), _SEQUENCE, *written]
    head = [_docstring(config), "", imports("\n".join(parts))]
    return "\n\n\n".join(["\n".join(head), *parts]) + "\n"


def _docstring(config: ResNetConfig) -> str:
    """Which net it is, where it comes from, and the config as JSON."""
    name = preset_name(config)
    title = f"{label(config)}: {SOURCES[name]}." if name else f"{label(config)}."
    fields = json.dumps(config.model_dump(mode="json", exclude_defaults=True))
    changes = f"The config, beyond ResNetConfig's defaults: {fields}"
    opening = _wrapped(f'"""{title}')
    return f'{opening}\n\n{_wrapped(_USE)}\n{_wrapped(changes)}\n"""'


def _wrapped(text: str) -> str:
    return textwrap.fill(text, LINE_LENGTH, break_long_words=False, break_on_hyphens=False)


def _resnet(network: NetworkPlan, blocks: Blocks) -> str:
    """The class of the whole net."""
    config = network.config
    stages = call("nn.Sequential", *_stages(network, blocks))
    size = f"[N, {', '.join(map(str, config.image_shape))}]"
    lines = [
        "class ResNet(nn.Module):",
        f'    """Stem, stages of blocks, head: {size} -> logits [N, {config.num_classes}]."""',
        "",
        "    def __init__(self) -> None:",
        "        super().__init__()",
        laid_out(sequence(in_numbers(network.stem.operations), config), " " * 8, "self.stem = "),
        laid_out(stages, " " * 8, "self.stages = "),
        laid_out(sequence(in_numbers(network.head.operations), config), " " * 8, "self.head = "),
        "",
        "    def forward(self, x: Tensor) -> Tensor:",
        "        out: Tensor = self.head(self.stages(self.stem(x)))",
        "        return out",
    ]
    return "\n".join(lines)


def _stages(network: NetworkPlan, blocks: Blocks) -> Iterator[Call]:
    """Each stage's blocks in a row; those that are alike in a loop."""
    calls = {id(unit): blocks.made(unit, "n") for unit in blocks.units}
    number = 1
    for stage in network.stages:
        runs: list[Expression] = []
        for _, run in groupby(stage.blocks, lambda block: calls[id(block.unit)]):
            units = [block.unit for block in run]
            runs.append(_run(units, number, blocks))
            number += len(units)
        yield call("nn.Sequential", *runs)


def _run(units: list[Unit], number: int, blocks: Blocks) -> Expression:
    """Blocks that are alike, from the `number`-th of the net on."""
    if len(units) == 1:
        return blocks.made(units[0], number)
    if not blocks.has_numbers:
        return Repeated(blocks.made(units[0], ""), "_", f"range({len(units)})")
    return Repeated(blocks.made(units[0], "n"), "n", f"range({number}, {number + len(units)})")
