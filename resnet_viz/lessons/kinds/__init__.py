"""Kinds of measurements that a lesson may make, a module each: how one is begun, and what is seen
of it; this package is their registry."""

from __future__ import annotations

from resnet_viz.lab.lab import Lab
from resnet_viz.lessons.facts import Seen
from resnet_viz.lessons.kinds import counts, new_nets, notebook, race, removal, sweep
from resnet_viz.lessons.measurement_slots import (
    AnyMeasurement,
    CountsSlot,
    NewNetsSlot,
    RaceSlot,
    RemovalSlot,
    SweepSlot,
)
from resnet_viz.lessons.notebook_slot import NotebookSlot


def begin(lab: Lab, slot: AnyMeasurement, asker: str, race_id: str = "") -> str:
    """Begin a measurement; the id by which `look` finds it. `race_id` is the race that it is of.

    Raises:
        StoreError, ValueError: as the lab's methods.
    """
    match slot:
        case RaceSlot():
            return race.begin(lab, slot, asker)
        case SweepSlot():
            return sweep.begin(lab, slot, asker)
        case NewNetsSlot():
            return new_nets.begin(lab, slot, asker)
        case RemovalSlot():
            return removal.begin(lab, slot, asker, race_id)
        case CountsSlot():
            return counts.ID
        case NotebookSlot():
            return notebook.begin(lab, slot, asker, ())


def look(lab: Lab, slot: AnyMeasurement, of: str) -> Seen:
    """A measurement as it stands, by its id.

    Raises:
        ValueError: where there is none of that id.
        StoreError: where the store cannot be read.
    """
    match slot:
        case RaceSlot():
            return race.look(lab, slot, of)
        case SweepSlot():
            return sweep.look(lab, slot, of)
        case NewNetsSlot():
            return new_nets.look(lab, slot, of)
        case RemovalSlot():
            return removal.look(lab, slot, of)
        case CountsSlot():
            return counts.look(slot)
        case NotebookSlot():
            return notebook.look(lab, slot, of)
