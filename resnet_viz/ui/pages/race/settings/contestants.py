"""Contestants of a race: from a choice to its runs, and how they compare; no Streamlit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from resnet_viz.arch.config import ResNetConfig, explain
from resnet_viz.arch.field_words import FIELDS, text_of, value_words
from resnet_viz.arch.fields import full_size
from resnet_viz.arch.paper_names import paper_name
from resnet_viz.arch.plan import plan
from resnet_viz.cluster.engine import chosen_engine
from resnet_viz.data.adapt import suitable_image_size
from resnet_viz.data.registry import dataset_info
from resnet_viz.experiments.race_spec import RaceSpec
from resnet_viz.experiments.run_spec import SETTINGS, RunSpec
from resnet_viz.experiments.starting_point import Entry
from resnet_viz.text import and_words, distinct
from resnet_viz.ui.session.net_url import nickname
from resnet_viz.ui.widgets.markdown import plain


@dataclass(frozen=True)
class Choice:
    """Choice of contestants, and the training that they share, as the widgets have it.

    Without "image_size" (None) the images get the size that suits all nets. Each net is trained
    from `seeds` seeds, the training's and those after it, at most `pace` steps a second.
    """

    entries: Sequence[Entry]
    training: Mapping[str, Any]
    seeds: int = 1
    pace: float | None = None


def automatic_size(entries: Sequence[Entry], dataset: str) -> int:
    """Pixels a side where nobody has chosen: the data's own, else what fits all nets."""
    return suitable_image_size([entry.config for entry in entries], dataset)


def _specs(choice: Choice) -> Sequence[RunSpec]:
    """The contestants of `choice`, each with a name of its own; ValueError where one cannot run."""
    shared = dict(choice.training)
    if shared["image_size"] is None:
        size = automatic_size(choice.entries, shared["dataset"])
        own = dataset_info(shared["dataset"]).image_size
        shared["image_size"] = None if size == own else size
    names = distinct(entry.name or nickname(entry.config) for entry in choice.entries)
    return tuple(
        RunSpec(config=entry.config, name=name, **{**shared, **entry.training})
        for entry, name in zip(choice.entries, names, strict=True)
    )


def check(choice: Choice) -> tuple[RaceSpec | None, str]:
    """The race of `choice` and "", or None and a sentence that says what is wrong with it."""
    try:
        specs = _specs(choice)
        seeds = range(specs[0].seed, specs[0].seed + choice.seeds)
        race = RaceSpec(contestants=tuple(specs), seeds=tuple(seeds))
        chosen_engine().check(specs)
        return race, ""
    except ValueError as error:
        return None, explain(error)


def comparison(runs: Sequence[RunSpec], *, is_size_chosen: bool) -> str:
    """What differs between the contestants, their parameters, their images' size (Markdown)."""
    counts = [plan(spec.adapted).params for spec in runs]
    sentences = [difference(runs)]
    if len(set(counts)) == 1 < len(counts):
        which = "Both" if len(counts) == 2 else "All"
        sentences.append(f"{which} have **{counts[0]:,}** parameters.")
    elif len(runs) == 2:
        sentences.append(f"Parameters: **{counts[0]:,}** and **{counts[1]:,}**.")
    else:
        sentences.append(f"Parameters: {_parameters(runs, counts)}.")
    own, size = dataset_info(runs[0].dataset).image_size, runs[0].adapted.image_size
    if size != own and not is_size_chosen:
        which = {1: "the network", 2: "both networks"}.get(len(runs), "all networks")
        sentences.append(
            f"Images are resized from {own}x{own} to **{full_size(size)}** pixels, the smallest of "
            f"16, 32, 64, ... that fits {which}. Image size changes it."
        )
    return " ".join(filter(None, sentences))


def _parameters(runs: Sequence[RunSpec], counts: Sequence[int]) -> str:
    """Each count once, and whose it is."""
    nets = list(zip(runs, counts, strict=True))
    each = {n: and_words([plain(spec.name) for spec, own in nets if own == n]) for n in counts}
    return "; ".join(f"**{n:,}** ({names})" for n, names in each.items())


def difference(runs: Sequence[RunSpec], *, shares_seeds: bool = True) -> str:
    """In which fields the nets and their training differ, and that they share the rest (Markdown).

    `shares_seeds`: each is trained from the same seeds; those of `runs` are not looked at.
    """
    if len(runs) < 2:
        return ""
    seeds = "" if shares_seeds else "They start from different seeds."
    training = " ".join(filter(None, (_different_training(runs), seeds)))
    configs = [spec.adapted for spec in runs]
    names = [paper_name(spec.display_name) for spec in runs]
    first, *others = configs
    fields = [
        field
        for field in type(first).model_fields
        if any(getattr(other, field) != getattr(first, field) for other in others)
    ]
    if not fields:
        which = "Both networks are the same" if len(configs) == 2 else "All networks are the same"
        if training:
            return f"{which}. {training}"
        return (
            f"{which}{' plain network' if first.shortcut == 'none' else ''}. With one seed and the "
            "same minibatches they should draw the same curves, step for step."
        )
    if len(configs) == 2 and len(fields) == 1 and len(set(names)) == 2:
        has = (
            f"{plain(n)} has **{value_words(fields[0], getattr(c, fields[0]))}**"
            for n, c in zip(names, configs, strict=True)
        )
        text = f"{', '.join(has)}."
        return f"{text} {training}" if training else f"The only difference: {text}"
    changed = (f"**{FIELDS[field]}** ({_values(configs, names, field)})" for field in fields)
    only = "" if training else "only "
    return f"The networks differ {only}in {', '.join(changed)}. {training}".strip()


def _values(configs: Sequence[ResNetConfig], names: Sequence[str], field: str) -> str:
    """Two values in the nets' order; of more nets the rarer values, and whose they are."""
    values = [value_words(field, getattr(config, field)) for config in configs]
    if len(values) == 2:
        return " and ".join(values)
    usual = max(values, key=values.count)
    odd = dict.fromkeys(value for value in values if value != usual)
    having = {
        value: [plain(n) for n, v in zip(names, values, strict=True) if v == value] for value in odd
    }
    rare = [f"{value}: {and_words(own)}" for value, own in having.items()]
    return "; ".join([*rare, f"else {usual}"])


def _different_training(runs: Sequence[RunSpec]) -> str:
    """The fields of training that not all share, and what each net has."""
    differing = {
        setting.about.words: ", ".join(text_of(field, getattr(spec, field)) for spec in runs)
        for field, setting in SETTINGS.items()
        if field != "seed" and len({getattr(spec, field) for spec in runs}) > 1
    }
    each = (f"**{words}** ({values})" for words, values in differing.items())
    return f"They train with different {' and '.join(each)}." if differing else ""
