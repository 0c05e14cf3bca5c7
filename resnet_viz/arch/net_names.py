"""Net names: what a net is called that began as a preset, with chips for what was changed in it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from resnet_viz.arch.config import ResNetConfig, differences
from resnet_viz.arch.field_words import short_value, value_words
from resnet_viz.arch.paper_names import paper_name
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import PRESETS, SOURCES

OTHERS = "Notebooks and posts"
"""The paper of presets that have none."""
_PAPER = re.compile(r"[^,]*? \d{4}(?=,)")
PAPERS = ("He et al. 2015", "He et al. 2016")
"""The papers that the choice of presets begins with; the others follow in their own order."""


def paper_of(name: str) -> str:
    """The paper of the preset with this id, such as "He et al. 2015"."""
    found = _PAPER.match(SOURCES[name])
    return found[0] if found else OTHERS


def presets_by_paper() -> Sequence[str]:
    """The ids of all presets, those of a paper beside each other."""
    papers = [*PAPERS, *(paper_of(name) for name in PRESETS if paper_of(name) != OTHERS), OTHERS]
    return sorted(PRESETS, key=lambda name: papers.index(paper_of(name)))


def preset_title(name: str) -> str:
    """A preset by its paper's name, with its id and the paper."""
    return f"{paper_name(name)} · {name} · {paper_of(name)}"


def deepened_name(config: ResNetConfig, base: str) -> str:
    """The paper's name of the preset `base`, with the depth that `config` has instead of its own:
    "ResNet-32" for a ResNet-34 of one block less."""
    more = plan(config).depth - plan(PRESETS[base]).depth
    return re.sub(r"\d+", lambda depth: str(int(depth[0]) + more), paper_name(base), count=1)


def nearest_preset(config: ResNetConfig) -> str:
    """The preset with the fewest fields that differ from `config`'s."""
    return min(PRESETS, key=lambda name: len(differences(config, PRESETS[name])))


def net_title(config: ResNetConfig, base: str) -> str:
    """What heads a net that began as `base`: "ResNet-50", "ResNet-50, changed" or, of another
    depth, "ResNet-38, changed from ResNet-50"."""
    if PRESETS[base] == config:
        return paper_name(base)
    name = deepened_name(config, base)
    origin = "" if name == paper_name(base) else f" from {paper_name(base)}"
    return f"{name}, changed{origin}"


def chips(config: ResNetConfig, base: str) -> Sequence[str]:
    """What was changed in the preset that a net began as, such as "no norm (was batch norm)"."""
    begun = PRESETS[base]
    return [
        f"{value_words(field, value)} (was {short_value(field, getattr(begun, field))})"
        for field, value in differences(config, begun).items()
    ]
