"""Recipes: whether nets were trained in the same way, and which settings differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from resnet_viz.arch.field_words import text_of
from resnet_viz.experiments.run_spec import SETTINGS
from resnet_viz.findings.nets import Net
from resnet_viz.text import and_words

_NOT_SAID = ("step_gamma", "step_milestones", "image_size", "classes")
"""Settings that say nothing by themselves, or follow from others."""


def recipe_of(net: Net) -> Mapping[str, object]:
    """The training recipe of a net, setting by setting, for any seed; {} if unknown."""
    recipe = dict(net.recipe) if isinstance(net.recipe, Mapping) else {}
    if recipe and net.config is not None:
        recipe["image_size"] = net.config.image_size  # None stands for the data's own
    return recipe


def alike(net: Net, other: Net) -> bool:
    """Whether two nets were trained in the same way; unknown recipes count as the same."""
    return recipe_of(net) == recipe_of(other)


def differing(nets: Iterable[Net]) -> str:
    """The training settings that differ: "learning rate 0.1 and 0.01"; "" for none."""
    recipes = [recipe_of(net) for net in nets]
    names = dict.fromkeys(name for recipe in recipes for name in recipe)
    differences = []
    for name in names:
        values = list(dict.fromkeys(_value(name, recipe.get(name)) for recipe in recipes))
        if len(values) > 1:
            differences.append((name in _NOT_SAID, f"{SETTINGS[name].about.words} ", values))
    telling = [one for one in differences if not one[0]] or differences
    return "; ".join(words + and_words(values) for _, words, values in telling)


def _value(name: str, value: object) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    if value in (None, False, "none", ()):
        return "none"
    if isinstance(value, str) and value.startswith("folder:"):
        return value.rpartition("/")[2]  # where it lies is nobody's business
    return "on" if value is True else text_of(name, value)
