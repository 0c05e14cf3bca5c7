"""Words of the Race page about runs; no Streamlit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from resnet_viz.arch.fields import full_size
from resnet_viz.arch.paper_names import paper_name
from resnet_viz.experiments.run_spec import SETTINGS, RunSpec
from resnet_viz.experiments.setting import Setting
from resnet_viz.store.run import Run
from resnet_viz.text import capital, printable

_MOST_NAMED = 5


def title(runs: Sequence[Run]) -> str:
    """The title of a race: its nets, against each other."""
    *others, last = dict.fromkeys(paper_name(run.name) for run in runs)
    return f"{', '.join(others)} against {last}" if others else last


def training(runs: Sequence[Run]) -> str:
    """The training settings of the nets of a race, in one line; if they differ, each way once."""
    if any(run.is_watched for run in runs):
        return "Recorded while it trains in another program"
    ways = zip(*(_ways(run.spec) for run in runs), strict=True)
    seeds = ", ".join(str(seed) for seed in dict.fromkeys(run.seed for run in runs))
    settings = [" or ".join(dict.fromkeys(way)) for way in ways if any(way)]
    return ", ".join([*settings, f"seeds {seeds}" if "," in seeds else f"seed {seeds}"])


def _ways(spec: RunSpec) -> Sequence[str]:
    return (
        f"{data_name(spec.dataset)}, {full_size(spec.adapted.image_size)} pixels",
        f"{spec.subset} of its images" if spec.subset else "",
        "cropped and mirrored at random" if spec.augment != "none" else "",
        f"{spec.steps} steps of {spec.batch_size} images",
        _OPTIMIZERS.get(spec.optimizer, spec.optimizer),
        f"learning rate {spec.lr:g}",
        f"{'Nesterov ' if spec.nesterov else ''}momentum {spec.momentum:g}"
        if spec.optimizer == "sgd"
        else "",
        f"weight decay {spec.weight_decay:g}",
        _SCHEDULES[spec.schedule].format(spec.step_gamma),
        *(_way(setting, spec) for setting in SETTINGS.values() if setting.field not in _IN_PHRASES),
    )


def _way(setting: Setting, spec: RunSpec) -> str:
    """A setting by its own words, where it is not the default."""
    value, words = getattr(spec, setting.field), setting.about.words
    if value == setting.default or setting.about.group == "Measuring":
        return ""
    number = f"{value:g}" if isinstance(value, float) else value
    return words if value is True else f"{words} {number}"


_IN_PHRASES = (
    *("dataset", "classes", "image_size", "subset", "augment", "steps", "batch_size"),
    *("optimizer", "lr", "momentum", "nesterov", "weight_decay"),
    *("schedule", "step_milestones", "step_gamma", "seed", "device", "checkpoints"),
)
"""Settings that are said in a phrase with others, or not at all."""
_OPTIMIZERS = {"sgd": "SGD", "adam": "Adam", "adamw": "AdamW"}
_SCHEDULES = {"constant": "", "cosine": "cosine schedule", "step": "step schedule (x{:g})"}


def data_name(dataset: str) -> str:
    """The public name of a data set: a folder's own name, without its path."""
    if dataset.startswith("elsewhere:"):
        return f"{dataset.partition(':')[2]} (images on another computer)"
    return dataset.rpartition("/")[2] if dataset.startswith("folder:") else dataset


def folder_words(name: str, result: Mapping[str, Any]) -> str:
    """The result of the command `data` for a folder of images, in words."""
    remarks = [f"{capital(remark)}." for remark in map(printable, result["remarks"])]
    return " ".join([_readable(name, result), *remarks])


def _readable(name: str, result: Mapping[str, Any]) -> str:
    bad = result["unreadable"]
    text = (
        f"{name} has {result['classes']} classes, {result['train']:,} images to train on and "
        f"{result['test']:,} held out"
    )
    if not bad:
        return f"{text}; every file can be read."
    more = f" and {len(bad) - _MOST_NAMED} more" if len(bad) > _MOST_NAMED else ""
    are = "file that cannot be read is" if len(bad) == 1 else "files that cannot be read are"
    named = ", ".join(printable(file) for file in bad[:_MOST_NAMED])
    return f"{text}; {len(bad)} {are} left out: {named}{more}."


def at_once(nets: int, places: int) -> str:
    """The ones of a race's `nets` that take memory at the same time if `places` of them train at
    once."""
    if places < nets:
        largest = "largest" if places == 1 else f"{places} largest"
        return f"the {largest} of its {nets} nets, with {places} at a time,"
    return {1: "its net", 2: "both nets"}.get(nets, f"all {nets} nets at once")
