"""A measurement of a run's weights at a step: the net built, measured, and the result kept."""

from __future__ import annotations

import time

import torch

from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.measurements import measurement
from resnet_viz.measurements.base.measurement import IMAGES, Report, Settings
from resnet_viz.measurements.base.result import MeasurementResult
from resnet_viz.nets.network import ResNet
from resnet_viz.store import checkpoint_index, measurement_results
from resnet_viz.store.database import Store
from resnet_viz.store.run import WATCHED
from resnet_viz.store.runs_table import first_of
from resnet_viz.store.stored_spec import read_spec
from resnet_viz.training.perform import perform, unreported
from resnet_viz.training.tensors import held_out_part, load, resized
from resnet_viz.training.torch_devices import resolve
from resnet_viz.training.update.precision import prepare
from resnet_viz.workers.checkpoint_writer import net_at


def measure_run(
    store: Store,
    run_id: str,
    step: int,
    name: str,
    *,
    settings: Settings | None = None,
    report: Report = unreported,
) -> MeasurementResult:
    """What a measurement finds of a run as `step` begins; what was found before is not found again.

    It looks at the first training images, or those held out, in an order that is the same for every
    run, so that nets are compared on the same ones; at all, where there are no more.

    Raises:
        ValueError: for an unknown run or measurement, a step whose weights are not there, wrong
            settings, and where the measurement has no meaning for the net.
        RuntimeError: what torch raises where memory runs out or a device fails.
    """
    about = measurement(name)
    chosen = about.checked(settings or {})
    with store.session() as connection:
        query = "SELECT position, id, spec, host FROM runs WHERE id = ?"
        row = first_of(run_id, connection.execute(query, (run_id,)).fetchall())
        if row["host"] == WATCHED:
            raise ValueError("a net that trains in a program of its own has no weights here")
        if before := measurement_results.find(connection, run_id, step, name, chosen):
            return before
        checkpoints = {c.step: c for c in checkpoint_index.of_run(connection, row["position"])}
    checkpoint_index.check_there(step, checkpoints)
    report(0.0, "the net and the images are read")
    spec = read_spec(run_id, row["spec"])
    count = int(chosen[IMAGES])
    net, images, labels = _read(store, run_id, spec, step, count, held_out=about.held_out)
    begin = time.perf_counter()
    arrays = perform(about, net, images, labels, settings=chosen, report=report, use_up=True)
    result = MeasurementResult(step, name, chosen, time.perf_counter() - begin, arrays)
    with store.session() as connection:
        measurement_results.put(connection, row["position"], result)
    return result


def _read(
    store: Store, run_id: str, spec: RunSpec, step: int, count: int, *, held_out: bool = False
) -> tuple[ResNet, torch.Tensor, torch.Tensor]:
    """The net, images and labels, on the run's device."""
    device = resolve(spec.device)
    prepare(device, "float32")
    torch.set_flush_denormal(True)
    net = net_at(spec, store.home, run_id, step, device)
    size = spec.adapted.image_size
    data = load(spec.dataset, size, spec.subset, classes=spec.classes)
    others = held_out_part(spec.dataset, data, size) if held_out else None
    first = (others or data).first(count)
    return net, resized(first.images, size).to(device), first.labels.to(device)
