"""Lab: start runs, steer them, read what they measured; neither torch nor streamlit."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from resnet_viz.experiments.race_spec import RaceSpec
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.lab.kept import Kept
from resnet_viz.lab.run_list import all_runs
from resnet_viz.measurements.result import MeasurementResult
from resnet_viz.quantities.records import Series, StepRecord
from resnet_viz.scheduler import control, eta, heartbeat, retention, submit
from resnet_viz.scheduler.run_status import Snapshot
from resnet_viz.scheduler.worker_turn import check_pace
from resnet_viz.store import checkpoint_index, measurement_results, queries, saved_states
from resnet_viz.store.checkpoint_index import Checkpoint
from resnet_viz.store.keys import race_keys
from resnet_viz.store.records.chunks import MOST_STEPS
from resnet_viz.store.run import Run, UnreadableRun, new_id, run_of, why_unreadable
from resnet_viz.store.runs_table import ACTIVE, BUSY, first_of

if TYPE_CHECKING:
    from torch import nn

    from resnet_viz.workers.watched_run import Watched

STOP_SECONDS = 0.8
MOST_CONTESTANTS = 32


Runs = list[Run]  # these names since `Lab.list` hides the type
Records = list[StepRecord]


class Lab(Kept):
    """The runs in the folder `path` (RESNET_VIZ_HOME or the user's data directory by default).

    Threads and processes may share a folder, each with a Lab of its own or with one. A store file
    found damaged, now or later, is set aside and a new one begun: `notice` then says so. Runs are
    carried out by `engine`: this machine by default.

    Raises:
        StoreError: here and in every method, where the store cannot be used.
        ValueError: for an unknown id.
    """

    def start(self, spec: RunSpec) -> str:
        """Queue one run, for a process of its own; its unguessable id."""
        return self._start([spec], None)[0]

    def race(
        self, specs: Sequence[RunSpec] | RaceSpec, *, pace: float | None = None, asker: str = ""
    ) -> str:
        """Queue several runs back to back; the race's unguessable id.

        Args:
            specs: of the runs.
            pace: as in `slow`.
            asker: who wants it: each but "" has a share of the places.

        Raises:
            ValueError: for no net, more than 32, or more than there may be in the queue.
        """
        check_pace(pace)
        if isinstance(specs, RaceSpec):
            specs = specs.runs()
        if not 1 <= len(specs) <= MOST_CONTESTANTS:
            raise ValueError(
                f"a race of {len(specs)} nets is not allowed: it has at least one net and at most "
                f"{MOST_CONTESTANTS}"
            )
        race_id = new_id()
        self._start(specs, race_id, pace, asker)
        return race_id

    def expected_seconds(self, specs: Sequence[RunSpec], pace: float | None = None) -> float | None:
        """How long such runs would take here by themselves, from what earlier ones took.

        None where no run that is alike was measured.
        """

        return self._read(lambda found: eta.expected_seconds(found, specs, pace))

    def watch(
        self,
        model: nn.Module,
        name: str = "",
        blocks: Sequence[str] = (),
        steps: int | None = None,
    ) -> Watched:
        """A context that records `model` while you train it in a loop of your own:

            with lab.watch(model, name="mine") as w:
                for images, labels in batches:
                    optimizer.zero_grad()
                    loss = criterion(model(images), labels)
                    loss.backward()
                    optimizer.step()
                    w.step(loss)

        Every quantity that has a meaning for it is measured (how: training/watching/watcher.py):
        gradients at each step, activations at every 20th, weights and updates at each, or at every
        2nd to 20th in a net of many weights. `Run.quantities` says how often; `w.run_id` names the
        run, which /race?race=ID shows live.

        Args:
            model: any module with convolutions or linear layers, on one device, not compiled.
            name: what to call the run; the model's class if none is given.
            blocks: paths of the modules that are its blocks, such as "layer1.0".
            steps: how many there will be, if that is known: the last then has all quantities.

        Raises:
            ValueError: where a block is no module of the model, or no layer is trained.
        """
        from resnet_viz.workers.watched_run import Watched  # noqa: PLC0415  it needs torch

        return Watched(self._store, model, name, blocks, steps)

    def list(self) -> Runs:
        """All runs that can be read, the newest first."""
        return [run for run in self._all() if isinstance(run, Run)]

    def everything(self) -> Sequence[Run | UnreadableRun]:
        """All runs, the newest first, also those that cannot be read."""
        return self._all()

    def unreadable(self) -> Sequence[UnreadableRun]:
        """The other runs, the newest first."""
        return [run for run in self._all() if isinstance(run, UnreadableRun)]

    def get(self, run_id: str) -> Run:
        """One run as it is now."""
        return self._these("id", run_id)[0]

    def race_runs(self, race_id: str) -> Runs:
        """The runs of a race, in the order they were given."""
        return self._these("race_id", race_id)

    def records(
        self,
        run_id: str,
        since: int = 0,
        until: int = MOST_STEPS,
        quantities: Collection[str] | None = None,
    ) -> Records:
        """What a run measured, from step `since` on, before `until`: poll with
        `since=len(history)`.

        Args:
            run_id: of the run.
            since: the first step.
            until: the step after the last.
            quantities: no others are read; None reads all.

        Raises:
            StoreError: where they are not those of the run's net.
        """

        note = self._damage_of(run_id)
        between = (since, until)
        return self._read(
            lambda found: queries.records(found, run_id, between, quantities, note=note)
        )

    def series(self, run: Run, name: str, between: tuple[int, int], every: int = 1) -> Series:
        """A quantity of `run` alone, from the first step to before the second: of those steps that
        are multiples of `every`. What a long run's picture needs where it is looked at closely.

        Raises:
            StoreError: where what is stored is not of the run's net.
        """

        note = self._damage_of(run.id)
        return self._read(lambda found: queries.series(found, run, name, between, every, note=note))

    def checkpoints(self, run_id: str) -> Sequence[Checkpoint]:
        """Which weights of a run were kept, beside its initial ones, which are always at hand."""

        return self._read(
            lambda found: checkpoint_index.of_run(found, queries.position_of(found, run_id))
        )

    def measured(self, run_id: str) -> Sequence[MeasurementResult]:
        """What was measured of a run on demand, the oldest result first."""

        return self._read(lambda found: measurement_results.of_run(found, run_id))

    def pause(self, id: str) -> None:  # noqa: A002
        """Pause a run, or all of a race, after the step under way; one in the queue at once."""
        self._steer(id, *control.PAUSE)

    def resume(self, id: str) -> None:  # noqa: A002
        """Let a paused run, or race, go on, as soon as there is a free place."""
        self._steer(id, *control.RESUME)
        self._engine.start(self._store)

    def step(self, id: str) -> None:  # noqa: A002
        """One more step of a paused run or race; one that is running is paused by it.

        Of a race those do it that are at work; where none is, those whose turn comes first.
        """
        self._guarded(lambda: control.step(self._store, id))
        self._engine.start(self._store)

    def slow(self, id: str, pace: float | None) -> None:  # noqa: A002
        """Have a run, or all of a race, do at most `pace` steps a second; None: as fast as it goes.

        Raises:
            ValueError: for less than 0.01, and more than 1,000.
        """
        check_pace(pace)
        self._steer(id, *control.at_pace(pace))

    def stop(self, id: str) -> None:  # noqa: A002
        """End a run, or all of a race, within a second; what was measured stays.

        A worker that has not obeyed after 0.8 s (a step takes longer) is marked stopped and its
        process ended. A run that is over is left as it is.
        """
        self._steer(id, *control.stopped(control.NOT_AT_WORK))
        self._steer(id, *control.STOP)
        deadline = time.monotonic() + STOP_SECONDS
        while (rows := self._obeying(id)) and time.monotonic() < deadline:
            time.sleep(0.03)
        for row in rows:
            self._steer(row["id"], *control.stopped())
        if rows:
            self._engine.end(rows)
        self._read(lambda found: saved_states.sweep(found, self.home))

    def look_at(self, run_ids: Sequence[str]) -> None:
        """Say that somebody looks at these runs, at most every half minute: a paused run that
        nobody has looked at for minutes gives up its process, and goes on from its saved state."""
        self._guarded(lambda: control.looked_at(self._store, run_ids))

    def steering_key(self, race_id: str) -> str:
        """What a link must hold to steer a race, and not only to show it."""
        return race_keys.steering_key(self.home, race_id)

    def may_steer(self, race_id: str, key: str) -> bool:
        """Whether `key` is that of the race, and the race not one from elsewhere."""

        is_foreign = self._read(lambda found: queries.nobody_steers(found, race_id))
        return not is_foreign and race_keys.is_key(self.home, race_id, key)

    def _obeying(self, id: str) -> Sequence[sqlite3.Row]:  # noqa: A002
        return self._look(f"(id = ? OR race_id = ?) AND {ACTIVE}", id, id).active

    def _steer(self, id: str, change: str, condition: str) -> None:  # noqa: A002
        self._guarded(lambda: control.change(self._store, id, change, condition))

    def _start(
        self,
        specs: Sequence[RunSpec],
        race_id: str | None,
        pace: float | None = None,
        asker: str = "",
    ) -> Sequence[str]:
        self._guarded(lambda: self._engine.prepare(self._store))
        begun = self._guarded(lambda: submit.queue(self._store, specs, race_id, pace, asker))
        self.notice = begun.notice or self.notice
        if begun.gone:
            retention.give_back(self._store, begun.gone)
        self._engine.start(self._store)
        return begun.ids

    def _look(self, where: str = "1", *values: str) -> Snapshot:
        seen = self._read(lambda found: Snapshot.take(found, where, *values, with_times=True))
        if any(map(heartbeat.is_forsaken, seen.active)):
            self._revive()
        return seen

    def _revive(self) -> None:
        """Begin another launcher in the place of one that is gone, but not many in a row."""
        if time.monotonic() - self._revived > heartbeat.FORSAKEN_SECONDS:
            self._revived = time.monotonic()
            self._engine.start(self._store)

    def _all(self) -> Sequence[Run | UnreadableRun]:
        seen = self._look(ACTIVE)
        return self._guarded(lambda: all_runs(self._store, seen))

    def _these(self, column: str, id: str) -> Runs:  # noqa: A002
        """Of a run or race; those under way are looked at, too, since it may wait for them."""
        seen = self._look(f"{column} = ? OR ({BUSY})", id)
        mine = [row for row in seen.rows if row[column] == id]
        first_of(id, mine)
        runs = [run_of(row, seen.state(row, self.home)) for row in mine]
        for run in runs:
            if reason := why_unreadable(run):
                raise ValueError(reason)
        return runs
