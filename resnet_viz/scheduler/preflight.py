"""Whether runs can begin on this computer; no torch."""

from __future__ import annotations

from collections.abc import Sequence

from resnet_viz.experiments.devices import expected_device
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.experiments.spec_rules import check_precision


def check_ready(specs: Sequence[RunSpec]) -> None:
    """ValueError, saying what to do, where a data set is not here or cannot be trained on so, or a
    device lacks a precision.

    What "auto" will be is guessed; a run looks again when it begins.
    """
    for spec in dict.fromkeys(specs):
        spec.check_there()
        spec.check_images()
        check_precision(spec.precision, expected_device(spec.device).partition(":")[0])
