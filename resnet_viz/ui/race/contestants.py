"""From what was chosen to the runs of a race, and what is said of them; no Streamlit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from resnet_viz.arch.config import ResNetConfig, differences, explain
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import label
from resnet_viz.lab.data.adapt import suitable_image_size
from resnet_viz.lab.data.registry import dataset_info
from resnet_viz.lab.ready import check_ready
from resnet_viz.lab.spec import RunSpec
from resnet_viz.ui.common.markdown import plain
from resnet_viz.ui.race.experiments import Entry


@dataclass(frozen=True)
class Choice:
    """What the widgets say: the contestants, and the training that they share.

    Without "image_size" (None) the images get the size that suits all nets.
    """

    entries: Sequence[Entry]
    training: Mapping[str, Any]


def automatic_size(entries: Sequence[Entry], dataset: str) -> int:
    """Pixels a side where nobody has chosen: the data's own, else what fits all nets."""
    return suitable_image_size([entry.config for entry in entries], dataset)


def specs(choice: Choice) -> Sequence[RunSpec]:
    """The runs of `choice`, each with a name of its own.

    Raises:
        ValueError: for settings that cannot run; `explain` turns it into one line.
    """
    shared = dict(choice.training)
    if shared["image_size"] is None:
        size = automatic_size(choice.entries, shared["dataset"])
        own = dataset_info(shared["dataset"]).image_size
        shared["image_size"] = None if size == own else size
    made: list[RunSpec] = []
    for entry in choice.entries:
        name = entry.name or label(entry.config)
        again = sum(spec.name.split(" (no. ")[0] == name for spec in made)
        name += f" (no. {again + 1})" if again else ""
        training = {**shared, **entry.training}
        made.append(RunSpec(config=entry.config, name=name, **training))
    return tuple(made)


def check(choice: Choice) -> tuple[Sequence[RunSpec] | None, str]:
    """The runs of `choice` and "", or None and a sentence that says what is wrong with it."""
    try:
        made = specs(choice)
        check_ready(made)
        return made, ""
    except ValueError as error:
        return None, explain(error)


def comparison(runs: Sequence[RunSpec], *, is_size_chosen: bool) -> str:
    """What differs between the contestants, their parameters, their images' size (Markdown)."""
    counts = [plan(spec.adapted).params for spec in runs]
    if len(runs) == 2:
        same = ", the same" if counts[0] == counts[1] else ""
        said = [_difference(runs[0].adapted, runs[1].adapted)]
        said += [f"Parameters: **{counts[0]:,}** and **{counts[1]:,}**{same}."]
    else:
        nets = zip(runs, counts, strict=True)
        said = ["; ".join(f"**{plain(spec.name)}** {n:,} parameters" for spec, n in nets) + "."]
    own, size = dataset_info(runs[0].dataset).image_size, runs[0].adapted.image_size
    if size != own and not is_size_chosen:
        which = "both nets" if len(runs) == 2 else "all nets"
        said.append(
            f"Images are resized from {own}x{own} to **{size}x{size}** pixels: the smallest of "
            f"16, 32, 64, ... that fits {which}; Image size changes it."
        )
    return " ".join(said)


def _difference(first: ResNetConfig, second: ResNetConfig) -> str:
    changed = [
        f"**{field}** ({_value(value)} and {_value(getattr(second, field))})"
        for field, value in differences(first, second).items()
    ]
    if changed:
        return f"The nets differ in {', '.join(changed)} and in nothing else."
    return (
        f"Both nets are the same{' plain net' if first.shortcut == 'none' else ''}: started from "
        "one seed and fed the same minibatches, they should draw the same curves."
    )


def _value(value: object) -> str:
    return "-".join(map(str, value)) if isinstance(value, tuple) else str(value)
