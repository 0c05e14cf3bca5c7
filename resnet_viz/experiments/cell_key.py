"""Cell key: a digest of what a run trains, equal for two specs that train the same; no torch."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.experiments.devices import expected_device
from resnet_viz.experiments.run_spec import RULES, RunSpec

TRAINING_RULES = 1
"""The number of the rules by which training computes. Raise it by one with each change, in nets/,
training/ or quantities/, after which the same spec gives other numbers: sweeps then train anew."""
_SAID_OTHERWISE = {"name", "config", "image_size", "classes", "device"}
_LATER = ("gate_bias",)
"""Fields of a net that version 0.2.0 does not have."""
_FOR_SGD, _FOR_STEPS = ("momentum", "nesterov"), ("step_milestones", "step_gamma")


def cell_key(spec: RunSpec) -> str:
    """The key of what `spec` trains and records here.

    Its name does not count, nor whether the image size is the data's own or given, nor a field
    that its optimiser or schedule ignores.
    """
    fields: dict[str, Any] = spec.model_dump(mode="json", exclude=_SAID_OTHERWISE)
    ignored = (() if spec.optimizer == "sgd" else _FOR_SGD) + (
        () if spec.schedule == "step" else _FOR_STEPS
    )
    for field in ignored:
        del fields[field]
    fields["config"] = _known_before(spec.adapted.model_dump(mode="json"))
    fields["device"] = expected_device(spec.device)
    text = json.dumps([RULES, TRAINING_RULES, fields], sort_keys=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()[:32]


def _known_before(config: dict[str, Any]) -> dict[str, Any]:
    """A net without later fields that have their defaults: what was trained before a version knew
    them keeps its key."""
    return {
        field: value
        for field, value in config.items()
        if field not in _LATER or value != ResNetConfig.model_fields[field].default
    }
