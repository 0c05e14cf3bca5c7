"""Setting: a field of a run and its words, for command line, form, link and report."""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from resnet_viz.text import capital

Group = Literal["Optimiser", "Learning rate", "Data", "Computing", "Measuring"]


@dataclass(frozen=True)
class About:
    """What is said of a field: its name in prose, and sentences of help.

    `unset` says what it is where nothing is given. `group` is where it stands among the settings
    that most races leave alone; None for one that has a place of its own. A form changes a number
    by `step`.
    """

    words: str
    help: str = ""
    unset: str = ""
    group: Group | None = None
    step: float = 1

    @property
    def title(self) -> str:
        """The words, as they begin a line."""
        return capital(self.words)


@dataclass(frozen=True)
class Setting:
    """A field: what is said of it, the type of its values, their names if few, and its default."""

    field: str
    about: About
    type: type
    choices: Sequence[str]
    default: Any


def settings_of(model: type[BaseModel]) -> Mapping[str, Setting]:
    """The fields of a model that bear an `About`, in their order."""
    return types.MappingProxyType(
        {
            name: Setting(name, about, *_values(field.annotation), field.default)
            for name, field in model.model_fields.items()
            for about in field.metadata
            if isinstance(about, About)
        }
    )


def _values(annotation: Any) -> tuple[type, Sequence[str]]:
    """The type of a field's values, bounds and None aside, and their names where they are few."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _values(arguments[0])
    if origin in (Union, types.UnionType):
        kinds = [one for one in arguments if one is not types.NoneType]
        return _values(kinds[0]) if len(kinds) == 1 else (str, ())  # several kinds are written
    if origin is Literal:
        return str, arguments
    return origin or annotation, ()
