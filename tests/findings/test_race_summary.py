"""Sentences on what happened, each in both directions: made histories, and those of real races."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from resnet_viz.arch.presets import preset
from resnet_viz.findings.contestant import Contestant
from resnet_viz.findings.race_summary import happened
from resnet_viz.lab.records import History
from tests.findings.made import contestant
from tests.findings.recorded import recorded

Loss = Callable[[int], float]


def falling(start: float, end: float, after: int) -> Loss:
    """From `start` to `end` in `after` steps, and no further."""
    return lambda step: max(end, start - (start - end) * step / after)


def net(config: str, loss: Loss, steps: int = 40, **more: object) -> Contestant:
    made = contestant(config, steps, loss=loss, **more)  # type: ignore[arg-type]
    return replace(made, config=preset(config), classes=10)


def told(*nets: Contestant, plot: str = "") -> str:
    return " ".join(text for text, of in happened(nets) if plot in ("", of))


def seeds(config: str, *ends: float, after: int = 20) -> list[Contestant]:
    return [net(config, falling(2.3, end, after)) for end in ends]


def test_degradation_is_seen_where_the_ranges_over_the_seeds_are_apart() -> None:
    shallow, deep = seeds("plain20-cifar", 0.2, 0.3), seeds("plain56-cifar", 1.9, 2.2)
    said = told(*shallow, *deep)
    assert "Degradation is seen: the deeper plain net's training loss is higher" in said
    assert "plain56-cifar 1.90 to 2.20, plain20-cifar 0.200 to 0.300 (range over 2 seeds)" in said
    assert said == told(*shallow, *deep), "it is computed"
    other_way = told(*seeds("plain20-cifar", 1.9, 2.2), *seeds("plain56-cifar", 0.2, 0.3))
    assert "No degradation: the deeper plain net's training loss is lower" in other_way
    overlap = told(*seeds("plain20-cifar", 0.2, 1.0), *seeds("plain56-cifar", 0.9, 2.0))
    assert "No degradation is seen: the plain nets' training losses overlap" in overlap
    assert "egradation" not in told(*seeds("plain20-cifar", 0.2), *seeds("resnet56-cifar", 2.0))
    assert "egradation" not in told(*seeds("plain20-cifar", 0.2))


def test_the_verdict_over_seeds_names_only_what_lies_apart() -> None:
    apart = happened([*seeds("resnet56-cifar", 0.1, 0.2), *seeds("plain56-cifar", 1.9, 2.2)])[0]
    assert apart.plot == "curves"
    assert apart.text == (
        "After 40 steps resnet56-cifar has a lower loss than plain56-cifar: training loss over the "
        "last 5 of 40 steps (range over 2 seeds): resnet56-cifar 0.100 to 0.200; plain56-cifar "
        "1.90 to 2.20."
    )
    alike = happened([*seeds("resnet56-cifar", 0.1, 2.0), *seeds("plain56-cifar", 1.9, 2.2)])[0]
    assert alike.text.startswith("After 40 steps no difference is seen: ")
    three = happened(
        [
            *seeds("resnet56-cifar", 0.1, 0.2),
            *seeds("resnet20-cifar", 0.15, 0.3),
            *seeds("plain56-cifar", 1.9, 2.2),
        ]
    )[0].text
    assert "lower loss than plain56-cifar; between it and resnet20-cifar no difference" in three


def test_who_learnt_faster_and_by_how_much() -> None:
    quick, slow = net("resnet56-cifar", falling(2, 0, 10)), net("plain56-cifar", falling(2, 0, 40))
    said = told(quick, slow)
    # Lowest mean of five of the slow one: (35 to 39 of 40 steps) -> 0.15, after all 40 steps.
    match = re.search(
        r"it comes to a loss of 0.150 .* after (\d+) steps, plain56-cifar after 40", said
    )
    assert match
    means = np.convolve([falling(2, 0, 10)(step) for step in range(40)], np.full(5, 0.2), "valid")
    assert int(match[1]) == int(np.argmax(means <= 0.15)) + 5
    assert "resnet56-cifar learns faster than plain56-cifar" in told(slow, quick)
    alike = told(quick, net("plain56-cifar", falling(2, 0, 11)))
    assert "No difference is seen in how fast resnet56-cifar and plain56-cifar learn" in alike
    assert re.search(
        r"after \d+ and \d+ steps \(of one seed each, a factor below 2 is none\)", alike
    )
    seeded = told(
        *(net("resnet56-cifar", falling(2, 0.1, after)) for after in (8, 30)),
        *(net("plain56-cifar", falling(2, 0.1, after)) for after in (20, 39)),
    )
    assert "No difference is seen in how fast" in seeded


def test_who_is_ahead_at_first_and_comes_less_low_is_the_faster_one_at_first() -> None:
    late = net("resnet56-cifar", lambda step: 2.3 if step < 80 else 0.2, steps=100)
    early = net("plain56-cifar", lambda step: 2.3 if step < 10 else 0.5, steps=100)
    for order in ((late, early), (early, late)):
        assert (
            "plain56-cifar learns faster than resnet56-cifar at first: it comes to a loss of 0.500 "
            "(mean of 5 minibatches) after 15 steps, resnet56-cifar after 85: 5.67 times sooner."
        ) in told(*order)


def test_a_seed_that_never_comes_so_low_is_said() -> None:
    either = [net("resnet56-cifar", falling(2, end, 39)) for end in (0.1, 1.5)]
    both = [net("plain56-cifar", falling(2, end, 39)) for end in (1.0, 1.1)]
    assert re.search(r"after \d+ \(not in every seed\) and \d+ to \d+ steps", told(*either, *both))


def test_a_net_that_begins_below_where_the_other_ends_has_not_learnt_sooner() -> None:
    low, high = (
        net("resnet56-cifar", falling(2.2, 0.1, 30)),
        net("plain56-cifar", falling(3.6, 2.3, 9)),
    )
    for order in ((low, high), (high, low)):
        assert (
            "cannot be compared: resnet56-cifar begins at a loss of 2.20, and plain56-cifar comes "
            "no lower than 2.30."
        ) in told(*order)


def test_a_first_loss_that_is_not_finite_is_said_so() -> None:
    broken = net("plain56-cifar", lambda step: np.nan if step == 0 else 1.0)
    said = told(net("resnet56-cifar", falling(2, 0.1, 20)), broken)
    assert "cannot be compared: the first loss of plain56-cifar is not finite." in said


def test_degradation_is_said_only_of_nets_that_are_trained_alike() -> None:
    pair = [net("plain20-cifar", falling(2, 0.1, 9)), net("plain56-cifar", falling(2, 1.9, 9))]
    rates = [replace(one, recipe={"lr": lr}) for one, lr in zip(pair, (0.1, 0.01), strict=True)]
    assert "egradation" not in told(*rates)
    assert "Degradation is seen" in told(*(replace(one, recipe={"lr": 0.1}) for one in pair))


def test_an_accuracy_that_is_not_recorded_is_not_told() -> None:
    def without(config: str, end: float) -> Contestant:
        return net(config, falling(2, end, 20), accuracy=lambda step: np.nan)

    said = told(without("plain20-cifar", 0.1))
    assert "plain20-cifar loss 0.1" in said
    assert "accuracy" not in said
    assert "nan" not in said
    with_it = net("plain20-cifar", falling(2, 1.0, 20))
    for other in (with_it, without("plain56-cifar", 1.0)):
        ahead = told(without("resnet56-cifar", 0.1), other)
        assert f"resnet56-cifar is ahead of {other.name} in loss:" in ahead
    alike = told(without("resnet56-cifar", 0.1), without("plain56-cifar", 0.1))
    assert "After 40 steps no difference is seen:" in alike


@pytest.mark.parametrize(
    ("updates", "words"), [(1e-5, ": it is frozen."), (1e-2, ": it is not frozen, and hardly")]
)
def test_a_loss_that_stays_is_frozen_only_where_updates_are_small(
    updates: float, words: str
) -> None:
    stuck: Loss = lambda step: 2.3 + 0.01 * (-1) ** step  # noqa: E731
    made = net("plain56-cifar", stuck, norm=lambda step, column: updates / 3)  # ratio: 3 x norm
    said = told(made, plot="through_time")
    assert "has stayed near 2.30 over the second half of the steps" in said
    assert words in said
    assert not told(net("plain56-cifar", falling(2.3, 0.1, 40)), plot="through_time"), "it learns"
    assert not told(net("plain56-cifar", falling(2.3, 0.1, 15)), plot="through_time"), (
        "it has learnt"
    )


def test_divergence_names_its_first_step_and_in_how_many_seeds() -> None:
    broken: Loss = lambda step: np.inf if step >= 7 else 2.0  # noqa: E731
    one = told(net("plain56-cifar", broken), net("resnet56-cifar", falling(2, 0.1, 20)))
    assert "not finite (first at step 7)" in one
    several = told(net("plain56-cifar", broken), *seeds("plain56-cifar", 1.9, 2.0))
    assert "was not finite in 1 of 3 seeds, first at step 7" in several
    assert "not finite" not in told(*seeds("plain56-cifar", 1.9, 2.0), plot="curves")


def test_of_a_real_race() -> None:
    said = told(*recorded("default"))
    assert "resnet56-cifar learns faster than plain56-cifar" in said
    assert "vanishes" not in said
    plots = {plot for _, plot in happened(recorded("default"))}
    assert plots == {"curves", "gradients", "through_time"}


def test_nothing_before_every_net_has_a_step_and_no_verdict_after_one() -> None:
    assert happened([net("plain20-cifar", falling(2, 1, 9), steps=0)]) == []
    assert "too early" in told(net("plain20-cifar", falling(2, 1, 9), steps=2))
    early = told(*(net("plain20-cifar", falling(2, 1, n), steps=2) for n in (1, 9)))
    assert "too early for a verdict" in early
    assert "faster" not in told(*(net("plain20-cifar", falling(2, 1, n), steps=2) for n in (1, 9)))


def test_a_run_that_ended_without_a_step_does_not_hide_the_others() -> None:
    quick, slow = net("resnet56-cifar", falling(2, 0, 10)), net("plain56-cifar", falling(2, 1, 40))
    failed = replace(net("resnet20-cifar", falling(2, 1, 9), steps=0), is_over=True)
    *others, last = happened([quick, failed, slow])
    assert others == happened([quick, slow])
    assert last.text == "resnet20-cifar ended without a step."
    assert happened([quick, replace(failed, is_over=False)]) == [], "it has yet to begin"
    assert happened([failed]) == []


def test_a_history_that_leaves_steps_out_tells_the_same() -> None:
    """Of a long run every so many steps are kept of a norm, but of the loss all."""
    # first over last: 1000 at the start, then 0.5 over the last tenth
    nets = [
        contestant(
            "plain20-cifar",
            3000,
            norm=lambda step, column: (
                1000.0 ** (1 - column / 19) if step < 100 else 1 + column / 19
            ),
            loss=lambda step: 2.0 - 0.0005 * step,
        )
    ]
    thinned = [replace(net, history=History(net.history.records(), most=64)) for net in nets]
    assert thinned[0].history.is_thinned("grad_norm")
    assert happened(thinned) == happened(nets)
    assert "1,000 times the last layer's at step 0" in " ".join(f.text for f in happened(nets))
