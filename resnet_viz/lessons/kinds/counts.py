"""A lesson's counts: parameters, multiply-accumulates and depth, from plans alone."""

from __future__ import annotations

from resnet_viz.arch.plan import plan
from resnet_viz.lessons.facts import Facts, Seen, most
from resnet_viz.lessons.measurement_slots import CountsSlot
from resnet_viz.text import compact

ID = "counted"
"""What stands for the measurement, which is there at once."""


def look(slot: CountsSlot) -> Seen:
    """The counts."""
    plans = {name: plan(net.config()) for name, net in slot.nets.items()}
    numbers: dict[str, str] = {}
    for name, network in plans.items():
        numbers |= {
            f"parameters_{name}": f"{network.params:,}",
            f"macs_{name}": compact(network.macs),
            f"depth_{name}": str(network.depth),
        }
    outcomes = {
        "most_parameters": most({name: (one.params, one.params) for name, one in plans.items()}),
        "most_macs": most({name: (one.macs, one.macs) for name, one in plans.items()}),
    }
    return Seen(1.0, True, Facts(outcomes, numbers))
