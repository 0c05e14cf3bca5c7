"""Public lab: what the app does for anybody where it is open to everybody.

It is checked here, where every action of a page passes, and not by the pages' buttons.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any, NoReturn

from resnet_viz.arch.memory import training_memory
from resnet_viz.arch.paper_names import paper_name
from resnet_viz.arch.plan import NetworkPlan, plan
from resnet_viz.data.registry import dataset_info
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.experiments.sweep_spec import SweepSpec
from resnet_viz.lab.lab import Lab
from resnet_viz.measurements import measurement
from resnet_viz.measurements.base.measurement import IMAGES
from resnet_viz.scheduler.jobs.jobs import Files, checked
from resnet_viz.scheduler.jobs.kind import Fields
from resnet_viz.scheduler.jobs.registry import kind_of
from resnet_viz.ui.session import public
from resnet_viz.ui.session.access import class_id, has_controls, is_owner

_HARMLESS = frozenset({"build", "initialisation", "onnx", "summary"})
"""Kinds of jobs that only tell a visitor something of a net."""
_HELD_OUT = 1000
"""Images of an evaluation at most."""
_REFUSED = "this is a gallery, where nobody can start, stop, import or change anything"


def public_lab(home: Path) -> Lab:
    """The lab at `home` as the app's pages may use it."""
    return {public.GALLERY: GalleryLab, public.LIMITED: LimitedLab}.get(public.mode(), Lab)(home)


def _refuse(*_: object, **__: object) -> NoReturn:
    raise ValueError(_REFUSED)


class GalleryLab(Lab):
    """A lab that shows, and does nothing."""

    start = race = sweep = watch = prioritise = _refuse
    pause = resume = step = slow = stop = _refuse
    delete = rename = note = import_ = recover = _refuse
    open_class = close_class = vote = _refuse

    def submit(
        self, kind: str, request: Fields, *, asker: str = "", files: Files | None = None
    ) -> str:
        """As `Lab.submit`, for jobs that only tell a visitor something of a net."""
        if kind not in _HARMLESS:
            _refuse()
        return super().submit(kind, request, asker=asker, files=files)

    def may_steer(self, race_id: str, key: str) -> bool:
        """Nobody may."""
        return False


def _for_its_own(action: Callable[..., None]) -> Callable[..., None]:
    """An action on a run, a race or a sweep, for whoever has its controls."""

    @wraps(action)
    def by_holder(lab: Any, id: str, *settings: object, **named: object) -> None:
        lab._check_own(id)
        action(lab, id, *settings, **named)

    return by_holder


class LimitedLab(Lab):
    """A lab in which each visitor has a share, and steers and deletes what is theirs.

    The owner, who has the owner's key, may do everything.
    """

    _share = public.SHARE

    def sweep(self, spec: SweepSpec, *, asker: str = "") -> str:
        """As `Lab.sweep`, for nets and trainings as small as a race may have."""
        _check_sizes(spec.runs())
        return super().sweep(spec, asker=asker)

    def prioritise(self, sweep_id: str, priority: int) -> None:
        """As `Lab.prioritise`, for the owner."""
        _check_owner("say which sweep goes first")
        super().prioritise(sweep_id, priority)

    pause, resume = _for_its_own(Lab.pause), _for_its_own(Lab.resume)
    step, slow = _for_its_own(Lab.step), _for_its_own(Lab.slow)
    stop, delete = _for_its_own(Lab.stop), _for_its_own(Lab.delete)
    rename, note = _for_its_own(Lab.rename), _for_its_own(Lab.note)

    def close_class(self, code: str) -> None:
        """As `Lab.close_class`, for whoever opened the class."""
        self._check_own(class_id(code))
        super().close_class(code)

    def submit(
        self, kind: str, request: Fields, *, asker: str = "", files: Files | None = None
    ) -> str:
        """As `Lab.submit`, for nets as small as a race may have; the owner alone downloads data."""
        if kind == "data":
            _check_owner("download data")
        for network, images, only_forward in self._passes_of(kind, request):
            memory = training_memory(network, images, checkpointing=only_forward)
            _check("parameters", network.params, public.MOST_PARAMETERS)
            _check("bytes of memory", memory.total, public.MOST_BYTES)
        return super().submit(kind, request, asker=asker, files=files)

    def import_(self, file: Path | str) -> str:
        """As `Lab.import_`, for the owner."""
        _check_owner("import a race")
        return super().import_(file)

    def _passes_of(self, kind: str, request: Fields) -> Iterable[tuple[NetworkPlan, int, bool]]:
        """The nets that a job is about, how many images go through each at once, and whether they
        go forward alone."""
        asked: Any = checked(kind_of(kind), request)
        if kind == "measure":
            about, spec = measurement(asked.measurement), self.get(asked.run_id).spec
            images = int(about.checked(asked.settings)[IMAGES])
            there = dataset_info(spec.dataset).train or images
            yield plan(spec.adapted), min(images, there), about.only_forward
            return
        configs = [asked.config] if hasattr(asked, "config") else getattr(asked, "configs", ())
        for config in configs:
            yield plan(config), getattr(asked, "batch_size", 1), False

    def _check_own(self, race_id: str) -> None:
        if not is_owner() and not has_controls(self, race_id):
            raise ValueError(
                "only the person who started this, or has its link with controls, can do this"
            )

    def _queue(
        self,
        specs: Sequence[RunSpec],
        race_id: str | None,
        pace: float | None,
        asker: str,
        instead_of: str = "",
    ) -> Sequence[str]:
        _check_sizes(specs)
        if instead_of:
            self._check_own(instead_of)
        return super()._queue(specs, race_id, pace, asker, instead_of)


def _check_sizes(specs: Iterable[RunSpec]) -> None:
    """ValueError for what is too large for everybody's computer."""
    for spec in dict.fromkeys(specs):
        network = plan(spec.adapted)
        memory = training_memory(
            network,
            spec.batch_size,
            spec.optimizer,
            spec.precision,
            checkpointing=spec.activation_checkpointing,
            momentum=spec.momentum,
        )
        of = f"{paper_name(spec.display_name)}: "
        _check(f"{of}steps", spec.steps, public.MOST_STEPS)
        _check(f"{of}parameters", network.params, public.MOST_PARAMETERS)
        _check(f"{of}bytes of memory", memory.total, public.MOST_BYTES)
        macs = _images(spec) * network.macs
        _check(f"{of}multiply-accumulates of its {spec.steps} steps", macs, public.MOST_MACS)


def _images(spec: RunSpec) -> int:
    """How many images go forward through a net, those of its evaluations included."""
    test = dataset_info(spec.dataset).test
    held_out = _HELD_OUT if test is None else min(_HELD_OUT, test)
    evaluations = -(-spec.steps // spec.evaluate_every) + 1 if spec.evaluate_every else 0
    return spec.steps * spec.batch_size + evaluations * held_out


def _check(what: str, given: int, most: int) -> None:
    if given > most and not is_owner():
        raise ValueError(f"{what} = {given:,} is not allowed here; allowed: at most {most:,}")


def _check_owner(action: str) -> None:
    if not is_owner():
        raise ValueError(f"only the owner of this server may {action}")
