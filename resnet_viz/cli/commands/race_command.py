"""The command race: its options are the settings of a run."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from resnet_viz.cli.options import EngineOption, JsonOption
from resnet_viz.experiments.run_spec import SETTINGS
from resnet_viz.experiments.setting import Setting


def race(
    configs: Annotated[
        list[str] | None, typer.Argument(metavar="CONFIG...", help="Presets or JSON files.")
    ] = None,
    *,
    experiment: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="A starting point of the Race page, such as 'No norm', instead."
        ),
    ] = None,
    name: Annotated[
        list[str] | None,
        typer.Option(metavar="TEXT", help="What to call a net; give one for each CONFIG."),
    ] = None,
    seeds: Annotated[
        str | None,
        typer.Option(metavar="N,N", help="Train each net from each of up to five seeds."),
    ] = None,
    engine: EngineOption = None,
    as_json: JsonOption = False,
    **settings: Any,
) -> None:
    """Read what is given, and race it (command_list.py has the command's help)."""
    from resnet_viz.cli import inputs
    from resnet_viz.cli.commands import race as racing

    for field, value in settings.items():
        if SETTINGS[field].type is tuple:
            settings[field] = inputs.read_numbers(_option_name(field), value)
    several = inputs.read_numbers("--seeds", seeds)
    entries, training = inputs.read_contestants(configs or (), experiment)
    given = {
        field: training.get(field) if value is None else value for field, value in settings.items()
    }
    racing.run(entries, name or (), given, several, engine=engine, as_json=as_json)


_METAVARS = {int: "N", float: "X", tuple: "N,N", str: "NAME"}
_OWN_METAVARS: Mapping[str, str] = {"image_size": "SIZE"}
_SHORT: Mapping[str, Sequence[str]] = {"activation_checkpointing": ("--checkpointing",)}


def _option_name(field: str) -> str:
    return f"--{field.replace('_', '-')}"


def _option(setting: Setting) -> inspect.Parameter:
    """A setting as an option; None where it is not given."""
    option = typer.Option(
        _option_name(setting.field),
        *_SHORT.get(setting.field, ()),
        metavar=_OWN_METAVARS.get(setting.field, _METAVARS.get(setting.type)),
        help=_help(setting),
    )
    kind = str if setting.type is tuple else setting.type
    return inspect.Parameter(
        setting.field,
        inspect.Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[kind | None, option],
    )


def _help(setting: Setting) -> str:
    """What it is, where the option's name does not say so; what it does; names; the default."""
    about = setting.about
    sentences = [about.help]
    if about.words != setting.field.replace("_", " "):
        sentences.insert(0, f"{about.title}.")
    if setting.choices:
        sentences.append(f"One of {', '.join(setting.choices)}.")
    if setting.type is not bool:
        is_number = isinstance(setting.default, float)
        default = f"{setting.default:g}" if is_number else setting.default
        sentences.append(f"Default: {about.unset or default}.")
    return " ".join(sentences)


def _with_options() -> inspect.Signature:
    """The command's own parameters, with an option for each setting before the last ones."""
    own = inspect.signature(race, eval_str=True)
    configs, experiment, *others, _ = own.parameters.values()
    options = map(_option, SETTINGS.values())
    return own.replace(parameters=[configs, experiment, *options, *others])


race.__signature__ = _with_options()  # type: ignore[attr-defined]
