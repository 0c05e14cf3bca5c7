"""Kinds of measurements: another one is not taken for a lesson's own, and what is gone is gone."""

from __future__ import annotations

import pytest

from resnet_viz.lab.lab import Lab
from resnet_viz.lessons import kinds
from resnet_viz.lessons.measurement_slots import (
    AnyMeasurement,
    NewNetsSlot,
    RaceSlot,
    SweepSlot,
)
from resnet_viz.scheduler import launcher_client
from tests.labs import lab, wait_until

__all__ = ["lab"]
SMALL = {"preset": "resnet20-cifar", "changes": {"depths": [1, 1, 1]}}
RACE = RaceSlot.model_validate(
    {
        "kind": "race",
        "training": {"steps": 3},
        "nets": {"residual": SMALL, "plain": {**SMALL, "plain": True, "title": "plain"}},
    }
)
SWEEP = SweepSlot(kind="sweep", depths=(8, 14), training={"steps": 2}, seeds=(0, 1))
NEW = NewNetsSlot.model_validate({"kind": "new_nets", "nets": {"a": SMALL}, "shattering": True})


@pytest.fixture
def waiting(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """A lab in which whatever is begun waits."""
    monkeypatch.setattr(launcher_client, "ensure_launcher", lambda store: None)
    return lab


def others(slot: AnyMeasurement) -> list[AnyMeasurement]:
    """Measurements that differ from this one in one thing."""
    if isinstance(slot, RaceSlot):
        swapped = dict(reversed(list(slot.nets.items())))
        return [
            slot.model_copy(update={"training": {"steps": 4}}),
            slot.model_copy(update={"training": {"steps": 3, "lr": 0.003}}),
            slot.model_copy(update={"seeds": (0, 1)}),
            slot.model_copy(update={"nets": swapped}),
        ]
    if isinstance(slot, SweepSlot):
        changes = ({"seeds": (0,)}, {"training": {"steps": 3}}, {"depths": (8, 20)})
        return [slot.model_copy(update=change) for change in changes]
    changes_of_new = ({"shattering": False}, {"batch_size": 8}, {"images": "gaussian"})
    return [slot.model_copy(update=change) for change in changes_of_new]


@pytest.mark.parametrize("slot", [RACE, SWEEP, NEW], ids=["race", "sweep", "new_nets"])
def test_another_measurement_is_not_taken_for_ones_own(waiting: Lab, slot: AnyMeasurement) -> None:
    own = kinds.begin(waiting, slot, "")
    assert kinds.look(waiting, slot, own).share == 0
    for other in others(slot):
        with pytest.raises(ValueError, match="not this lesson's"):
            kinds.look(waiting, other, own)


def test_a_race_that_is_deleted_can_be_begun_again(lab: Lab) -> None:
    race_id = kinds.begin(lab, RACE, "")
    wait_until(lambda: kinds.look(lab, RACE, race_id).is_over)
    assert kinds.look(lab, RACE, race_id).facts is not None
    lab.delete(race_id)

    def is_gone() -> bool:
        try:
            kinds.look(lab, RACE, race_id)
        except ValueError:
            return True
        return False

    wait_until(is_gone, 10)
