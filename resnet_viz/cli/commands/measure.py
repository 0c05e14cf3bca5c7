"""measure and measurements: what is measured of a run's weights on demand."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from resnet_viz.arch.plan import plan
from resnet_viz.cli.errors import InputError, input_errors
from resnet_viz.cli.output import print_json, print_lines, print_table
from resnet_viz.lab.lab import Lab
from resnet_viz.measurements import measurement, measurements
from resnet_viz.measurements.base.measurement import Given, Measurement, Value
from resnet_viz.measurements.base.result import MeasurementResult
from resnet_viz.store.database import Store


def show_measurements(*, as_json: bool) -> None:
    """Every measurement of the registry: what it costs, its settings, what it says."""
    if as_json:
        texts = ("name", "title", "sentence", "formula", "source", "cost")
        return print_json(
            [
                {text: getattr(about, text) for text in texts} | {"settings": about.checked({})}
                for about in measurements().values()
            ]
        )
    rows = [
        (m.name, m.cost, " ".join(f"{k}={v}" for k, v in m.checked({}).items()), m.sentence)
        for m in measurements().values()
    ]
    return print_table(("name", "steps", "settings", "what"), rows)


def measure(
    run_id: str, name: str, step: int | None, given: Sequence[str], *, as_json: bool
) -> None:
    """Measure a run's weights and print what was found.

    Raises:
        InputError: for an unknown run, measurement or setting, and weights that are not there.
    """
    with input_errors():
        about = measurement(name)
        settings = about.checked(_settings(about, given))
    lab = Lab()
    with input_errors():
        run = lab.get(run_id)
        kept = [one.step for one in lab.checkpoints(run_id) if not one.gone]
        at = max(kept, default=0) if step is None else step
        from resnet_viz.workers.measure_run import measure_run

        one = measure_run(Store(lab.home), run_id, at, name, settings=settings, report=_report)
    network = plan(run.spec.adapted)
    names = {
        "block": [block.name for block in network.blocks],
        "layer": [layer.name for layer in network.weighted_layers],
    }
    if as_json:
        return print_json(_record(run_id, one, about, names))
    return _print(one, about, names)


def _settings(about: Measurement, given: Sequence[str]) -> dict[str, Value]:
    """NAME=VALUE each, as numbers where the setting is one."""
    defaults = about.checked({})
    chosen: dict[str, Value] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals:
            raise InputError(f"--set {text!r} is not NAME=VALUE")
        kind = type(defaults.get(name, ""))
        try:
            chosen[name] = kind(value)
        except ValueError:
            raise InputError(f"--set {name} = {value!r} is not a number") from None
    return chosen


def _report(share: float, words: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{share:4.0%} {words}" if share < 1 else "\r\x1b[K")
        sys.stderr.flush()


def _record(
    run_id: str, one: MeasurementResult, about: Measurement, names: Mapping[str, Sequence[str]]
) -> Mapping[str, object]:
    arrays = {
        name: {
            "title": given.title,
            "unit": given.unit,
            "axes": list(given.axes),
            "values": _json(one.found[name]),
        }
        for name, given in about.gives.items()
    }
    return {
        "run": run_id,
        "step": one.step,
        "measurement": one.measurement,
        "settings": dict(one.settings),
        "seconds": one.seconds,
        "names": {axis: list(of) for axis, of in names.items()},
        "found": arrays,
    }


def _json(array: NDArray[np.float64]) -> object:
    """Nested lists; null for what JSON has no number for."""
    values = array.astype(object)
    values[~np.isfinite(array)] = None
    return values.tolist()


def _print(one: MeasurementResult, about: Measurement, names: Mapping[str, Sequence[str]]) -> None:
    print_lines([f"{about.title} at step {one.step} ({one.seconds:.2f} s)"])
    for name, given in about.gives.items():
        if given.axes not in (("block",), ("layer",)):
            print_lines([f"{given.title}: {_in_short(given, one.found[name])}"])
    for axis in ("block", "layer"):
        columns = [name for name, given in about.gives.items() if given.axes == (axis,)]
        if columns:
            arrays = [one.found[name] for name in columns]
            rows = [(of, *(f"{a[i]:.4g}" for a in arrays)) for i, of in enumerate(names[axis])]
            print_table((axis, *columns), rows)


def _in_short(given: Given, array: NDArray[np.float64]) -> str:
    unit = f" {given.unit}" if given.unit else ""
    if not array.shape:
        return f"{float(array):.6g}{unit}"
    known = array[np.isfinite(array)]
    if not known.size:
        return "nothing finite"
    low, middle, high = np.quantile(known, (0, 0.5, 1))
    shape = " x ".join(map(str, array.shape))
    return f"{shape} values from {low:.4g} to {high:.4g}, median {middle:.4g}{unit}"
