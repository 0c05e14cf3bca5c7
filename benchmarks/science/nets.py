"""What the rows are measured by: parts of exhibits, pressed as the papers' pages do.

The folder RESNET_VIZ_HOME keeps what was trained, so nothing is trained twice: not for two rows,
and not for a row and a paper's figure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from resnet_viz import Lab, ResNetConfig, RunSpec
from resnet_viz.experiments.sweep_spec import SweepSpec
from resnet_viz.findings.contestant import Contestant, contestants_in
from resnet_viz.lab.race_feed import Look
from resnet_viz.papers.exhibit import New, Trained
from resnet_viz.papers.exhibits.goyal2017_sec5 import ratio
from resnet_viz.papers.measuring import completed, trained
from resnet_viz.papers.statements import Numbers
from resnet_viz.quantities.records import History

Read = Callable[[Mapping[str, Any]], float]
_ONE = "net"


def _quietly(_words: str) -> None:
    """What is done is said by the rows themselves."""


def of_new(
    nets: Mapping[str, ResNetConfig], seeds: Sequence[int], name: str, read: Read, **fields: Any
) -> Numbers:
    """A measurement of new nets before their first step: of each, one number per seed."""
    return completed(Lab(), New(nets, name, read, (), "", seeds=tuple(seeds), **fields), _quietly)


def ratios(net: ResNetConfig, seeds: Sequence[int], **fields: Any) -> Sequence[float]:
    """The gradient at the first block's input over that at the last's, before any update."""
    return of_new({_ONE: net}, seeds, "gradients", ratio, **fields)[_ONE]


def of_trained(
    net: ResNetConfig, seeds: Sequence[int], name: str, read: Read, **training: Any
) -> Sequence[float]:
    """A measurement of the trained net, one number per seed."""
    part = Trained(_sweep(net, seeds, training), {_ONE: {}}, (), "", measurement=name, read=read)
    return completed(Lab(), part, _quietly)[_ONE]


def end_losses(net: ResNetConfig, seeds: Sequence[int], **training: Any) -> Sequence[float]:
    """The loss on up to 1,000 training images after the last step, one per seed."""
    part = Trained(_sweep(net, seeds, training), {_ONE: {}}, (), "")
    return completed(Lab(), part, _quietly)[_ONE]


def runs(net: ResNetConfig, seeds: Sequence[int], **training: Any) -> Sequence[Contestant]:
    """Runs with their records, one per seed, of 60 steps at lr 0.01 unless said otherwise."""
    lab = Lab()
    cells = trained(lab, _sweep(net, seeds, training), _quietly)
    found = [lab.get(cell.run_id) for cell in cells if cell.run_id is not None]
    look = Look(found, {run.id: History(lab.records(run.id)) for run in found})
    return contestants_in(look)


def _sweep(net: ResNetConfig, seeds: Sequence[int], training: Mapping[str, Any]) -> SweepSpec:
    base = RunSpec.model_validate({"config": net, **training})
    return SweepSpec(name="Rows of benchmarks.science", base=base, axes={}, seeds=tuple(seeds))


def last_losses(of: Sequence[Contestant]) -> Sequence[float]:
    """The minibatch's loss at the last step of each run."""
    return [float(run.history.loss[-1]) for run in of]


def highest_losses(of: Sequence[Contestant]) -> Sequence[float]:
    """The largest on the way."""
    return [float(run.history.loss.max()) for run in of]
