"""Lab: start runs, steer them, read what they measured; neither torch nor streamlit."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from resnet_viz.cluster.engine import chosen_engine
from resnet_viz.experiments.race_spec import RaceSpec
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.experiments.sweep_spec import SweepSpec
from resnet_viz.lab.argument_types import checks_methods
from resnet_viz.lab.race_file import transfer
from resnet_viz.lab.run_list import RunList
from resnet_viz.lab.sweeps import Cell, Sweep, Sweeps, SweepSummary, frame
from resnet_viz.measurements.base.result import MeasurementResult
from resnet_viz.quantities.records import Series, StepRecord
from resnet_viz.scheduler import control, eta, retention, submit
from resnet_viz.scheduler.engine import BoundEngine, Engine
from resnet_viz.scheduler.jobs.jobs import Files, Job, Jobs
from resnet_viz.scheduler.jobs.kind import Fields
from resnet_viz.scheduler.sweeps import expectation
from resnet_viz.scheduler.sweeps.expectation import Expected
from resnet_viz.store import checkpoint_index, measurement_results, notes, queries, saved_states
from resnet_viz.store.classes import class_rows
from resnet_viz.store.keys import race_keys
from resnet_viz.store.records.chunks import MOST_STEPS
from resnet_viz.store.recovery import recover
from resnet_viz.store.recovery.guarded_store import GuardedStore
from resnet_viz.store.run import Run, UnreadableRun, new_id
from resnet_viz.store.runs_table import ACTIVE, OF_SWEEP

if TYPE_CHECKING:
    from pandas import DataFrame
    from torch import nn

    from resnet_viz.workers.watched_run import Watched

STOP_SECONDS = 0.8
Runs = list[Run]  # these names since `Lab.list` and `Lab.bytes` hide the types
Records = list[StepRecord]


@checks_methods
class Lab:
    """The runs in the folder `path` (RESNET_VIZ_HOME or the user's data directory by default).

    Threads and processes may share a folder, with one Lab or with several. If a store file is
    damaged, it is kept beside a new one, and `notice` says so. `engine` carries out the runs; by
    default it is this machine, or the cluster that RESNET_VIZ_ENGINE names.

    Raises:
        StoreError: here and in every method, if the store cannot be used.
        ValueError: for an unknown id, and for what is not allowed, such as another type.
    """

    _share = submit.SHARE  # runs that each asker but "" may have queued, running or paused

    def __init__(self, path: Path | str | None = None, engine: Engine | None = None) -> None:
        self._store = GuardedStore(path)
        self._engine = BoundEngine(self._store, engine or chosen_engine())
        here = BoundEngine(self._store) if self._engine.host else self._engine
        self._jobs = Jobs(self._store, here)
        self._runs = RunList(self._store, self._engine)
        self._sweeps = Sweeps(self._store, self._engine)

    @property
    def notice(self) -> str | None:
        """What happened to the store, in a sentence for the user; None if all is well."""
        return self._store.notice

    @notice.setter
    def notice(self, sentence: str | None) -> None:
        self._store.notice = sentence

    @property
    def home(self) -> Path:
        """The folder that holds the store."""
        return self._store.home

    @property
    def bytes(self) -> int:
        """How many bytes the runs take on disk."""
        return retention.folder_bytes(self.home)

    def ready(self) -> None:
        """Start the launcher in the background, so that the next run starts at once."""
        self._engine.prepare()
        self._engine.start()

    def start(self, spec: RunSpec) -> str:
        """Queue one run, which gets its own process; returns its id, which nobody can guess."""
        return self._queue([spec], None, None, "")[0]

    def race(
        self,
        specs: Sequence[RunSpec] | RaceSpec,
        *,
        pace: float | None = None,
        asker: str = "",
        instead_of: str = "",
    ) -> str:
        """Queue 1 to 32 runs as a race, at a `pace` as in `slow`; returns its id.

        Each `asker` has a share of the places, except ""; nobody can guess the id. The race
        `instead_of`, if you name one, is stopped once the new one is queued, and makes room for it.
        """
        runs, race_id = specs.runs() if isinstance(specs, RaceSpec) else specs, new_id()
        self._queue(runs, race_id, pace, asker, instead_of)
        if instead_of:
            Lab.stop(self, instead_of)
        return race_id

    def sweep(self, spec: SweepSpec, *, asker: str = "") -> str:
        """Train the cells of a sweep as places become free; returns its id. The same sweep again
        is gone on with, and no cell is trained twice in a folder, in whichever sweep."""
        return self._sweeps.submit(spec, asker)

    def sweeps(self) -> Sequence[SweepSummary]:
        """All sweeps, the newest first, each with how many of its cells have which status."""
        return self._sweeps.everything()

    def get_sweep(self, sweep_id: str) -> Sweep:
        """One sweep as it is now, with its cells."""
        return self._sweeps.get(sweep_id)

    def sweep_cells(self, spec: SweepSpec) -> Sequence[Cell]:
        """The cells of a sweep that need not have begun, each with what was trained in this folder
        by whichever sweep, race or run. Nothing starts."""
        return self._sweeps.cells(spec)

    def sweep_table(self, sweep_id: str) -> DataFrame:
        """A sweep's cells as a pandas frame, one row per cell."""
        return frame(self._sweeps.get(sweep_id))

    def prioritise(self, sweep_id: str, priority: int) -> None:
        """Have a sweep's cells trained before those of sweeps with a lower priority than this; it
        is 0 at first."""
        self._sweeps.prioritise(sweep_id, priority)

    def expected_sweep(self, spec: SweepSpec) -> Expected:
        """How long such a sweep would take here, how much room, and which cells are refused."""
        return self._store.read(expectation.expected, spec)

    def expected_seconds(self, specs: Sequence[RunSpec], pace: float | None = None) -> float | None:
        """How long such runs would take here, judged by earlier runs; None if that is unknown."""
        return self._store.read(eta.expected_seconds, specs, pace)

    def watch(
        self,
        model: nn.Module,
        name: str = "",
        blocks: Sequence[str] = (),
        steps: int | None = None,
        *,
        log_to: str = "",
    ) -> Watched:
        """A context that records `model` while you train it in a loop of your own:

            with lab.watch(model, name="mine") as w:
                for images, labels in batches:
                    optimizer.zero_grad()
                    loss = criterion(model(images), labels)
                    loss.backward()
                    optimizer.step()
                    w.step(loss)

        Every quantity that has a meaning for the model is measured: gradients at each step,
        activations at every 20th, and weights and updates at each, or at every 2nd to 20th if the
        model has many weights. `Run.quantities` says how often. `w.run_id` is the run's id, and
        /race?race=ID shows the run live.

        Args:
            model: any module with convolutions or linear layers, on one device, not compiled.
            name: what to call the run; the model's class if none is given.
            blocks: paths of the modules that are its blocks, such as "layer1.0". If you name none,
                they are found, each with the gradient through its shortcut and its branch.
            steps: how many there will be, if you know it: the last then has all quantities.
            log_to: "wandb" or "trackio", to log each step there as well; start a run there first.

        Raises:
            ValueError: if a block is not a module of the model, or no layer is trained.
        """
        from resnet_viz.workers.watched_run import Watched  # noqa: PLC0415  it needs torch

        return self._store.use(Watched, model, name, blocks, steps, log_to=log_to)

    def list(self) -> Runs:
        """All runs that can be read, the newest first."""
        return [run for run in self.everything() if isinstance(run, Run)]

    def everything(self) -> Sequence[Run | UnreadableRun]:
        """All runs, the newest first, also those that cannot be read."""
        return self._runs.everything()

    def unreadable(self) -> Sequence[UnreadableRun]:
        """The runs that cannot be read, the newest first."""
        return [run for run in self.everything() if isinstance(run, UnreadableRun)]

    def get(self, run_id: str) -> Run:
        """One run as it is now."""
        return self._runs.of("id", run_id)[0]

    def race_runs(self, race_id: str) -> Runs:
        """The runs of a race, in the order they were given."""
        return self._runs.of("race_id", race_id)

    def records(
        self,
        run_id: str,
        since: int = 0,
        until: int = MOST_STEPS,
        quantities: Collection[str] | None = None,
        every: int = 1,
    ) -> Records:
        """What a run measured from step `since` on, before `until`; to poll, `since=len(history)`.
        Only these `quantities` are read (None: all), and steps that are multiples of `every`."""
        note = self._store.note_damage(run_id)
        of = (since, until), quantities, every
        return self._store.read(queries.records, run_id, *of, note=note)

    def series(self, run: Run, name: str, between: tuple[int, int], every: int = 1) -> Series:
        """One quantity of `run`, from the first step on, before the second. Only steps that are
        multiples of `every` are read: enough for the chart of a long run."""
        note = self._store.note_damage(run.id)
        return self._store.read(queries.series, run, name, between, every, note=note)

    def checkpoints(self, run_id: str) -> Sequence[checkpoint_index.Checkpoint]:
        """Which weights of a run were kept, besides the initial ones, which can always be made."""
        position = self._store.read(queries.position_of, run_id)
        return self._store.read(checkpoint_index.of_run, position)

    def measured(self, run_id: str) -> Sequence[MeasurementResult]:
        """What was measured on demand on a run's weights, the oldest result first."""
        return self._store.read(measurement_results.of_run, run_id)

    def pause(self, id: str) -> None:
        """Pause a run, or all of a race, after the current step; a run in the queue at once."""
        self._store.use(control.pause, id)

    def resume(self, id: str) -> None:
        """Let a paused run, or race, continue as soon as there is a free place."""
        self._store.use(control.resume, id)
        self._engine.start()

    def step(self, id: str) -> None:
        """Do one more step of a paused run or race; one that is running is paused after it.

        In a race, the nets in training do the step; if there are none, the next in the queue do.
        """
        self._store.use(control.step, id)
        self._engine.start()

    def slow(self, id: str, pace: float | None) -> None:
        """Let a run, or all of a race, do at most `pace` steps per second, 0.01 to 1,000; None:
        full speed."""
        self._store.use(control.slow, id, pace)

    def stop(self, id: str) -> None:
        """End a run, or all of a race, within a second; its measurements are kept.

        If a worker has not stopped after 0.8 s, because a step takes longer, its run is marked as
        stopped and its process is ended. A run that is over stays as it is.
        """
        self._store.use(control.stop, id)
        deadline, mine = time.monotonic() + STOP_SECONDS, f"(id = ? OR race_id = ?) AND {ACTIVE}"
        of = f"{mine} OR {OF_SWEEP}", id, id, id
        while (rows := self._runs.snapshot(*of).active) and time.monotonic() < deadline:
            time.sleep(0.03)
        if rows:
            self._store.use(control.end, id)
            self._engine.end(rows)
        self._store.read(saved_states.sweep, self.home)

    def look_at(self, run_ids: Sequence[str]) -> None:
        """Note that somebody looks at these runs, at most every half minute: a paused run that
        nobody looks at for minutes ends its process, and continues from its saved state."""
        self._store.write(control.mark_looked_at, run_ids)

    def steering_key(self, race_id: str) -> str:
        """The key that a link needs in order to steer a race, and not only to show it."""
        return race_keys.steering_key(self.home, race_id)

    def may_steer(self, race_id: str, key: str) -> bool:
        """Whether `key` is the key of the race, and the race was not imported."""
        is_foreign = self._store.read(queries.nobody_steers, race_id)
        return not is_foreign and race_keys.is_key(self.home, race_id, key)

    def submit(
        self, kind: str, request: Fields, *, asker: str = "", files: Files | None = None
    ) -> str:
        """Queue a job of a kind of workers/job_kinds; returns its id (see `Jobs.submit`)."""
        return self._jobs.submit(kind, request, asker=asker, files=files)

    def job(self, job_id: str) -> Job:
        """A job as it is now. It is deleted an hour after its end."""
        return self._jobs.get(job_id)

    def jobs_under_way(self, kind: str) -> Sequence[Job]:
        """The jobs of a kind that are not over, of all visitors, the oldest first."""
        return self._jobs.under_way(kind)

    def cancel_job(self, job_id: str) -> None:
        """End a job at once, unless others wait for it, too. A job that is over stays as it is."""
        self._jobs.cancel(job_id)

    def open_class(self, link: str = "", *, asker: str = "") -> str:
        """Open a class, in which readers of lessons see their predictions together; returns its
        short code. `link` is the query that its readers begin with. It is closed after a day."""
        return self._store.write(class_rows.open_class, link, asker)

    def class_link(self, code: str) -> str:
        """The query that the readers of an open class begin with."""
        return self._store.read(class_rows.link_of, code)

    def close_class(self, code: str) -> None:
        """Close a class, and delete its predictions."""
        self._store.write(class_rows.close_class, code)

    def vote(self, code: str, prediction: str, reader: str, guess: class_rows.Guess) -> None:
        """Count the guess of a reader in a class, instead of an earlier one about the same
        prediction. `reader` is a random text of the reader's own, of which a hash is kept."""
        hashed = race_keys.steering_key(self.home, f"reader {code} {reader}")
        self._store.write(class_rows.vote, code, prediction, hashed, guess)

    def votes(self, code: str, prediction: str) -> Sequence[class_rows.Guess]:
        """The guesses of a class about a prediction, of up to 300 readers."""
        return self._store.read(class_rows.votes, code, prediction)

    def delete(self, id: str) -> None:
        """Delete a run, or a race with its runs, with all measurements and logs. Stop it first if
        it is under way."""
        self._store.use(retention.delete, id)

    def rename(self, id: str, name: str) -> None:
        """Give a run, or a race, another `name` of 1 to 200 characters."""
        self._store.write(notes.rename, id, name)

    def note(self, id: str, note: str) -> None:
        """Keep a note of at most 2,000 characters with a run or a race. It replaces an earlier
        note; "" deletes it."""
        self._store.write(notes.write_note, id, note)

    def notes(self) -> Mapping[str, str]:
        """All notes, by the id of their run or race."""
        return self._store.read(notes.read_notes)

    def race_names(self) -> Mapping[str, str]:
        """The names of races, by their ids, without races that have none."""
        return self._store.read(queries.race_names)

    def race_name(self, race_id: str) -> str:
        """The name of a race; "" if it has none."""
        return self._store.read(queries.race_name, race_id)

    def datasets(self) -> Mapping[str, str]:
        """What each run trains on, by its id, without runs of which that is not known."""
        return self._store.read(queries.datasets)

    def export(self, id: str, file: Path | str) -> None:
        """Write a race, or a run as a race of one, with all its records, to one file."""
        self._store.use(transfer.export_race, id, Path(file))

    def import_(self, file: Path | str) -> str:
        """Import the race in a file that `export` wrote, also elsewhere; returns its id here.

        A run that was under way there counts as interrupted, and nobody can steer the race. From
        any other file nothing is imported.
        """
        return self._store.use(transfer.import_race, Path(file))

    def recover(self) -> Sequence[recover.Recovered]:
        """Bring back the runs that can still be read from stores that were damaged."""
        return self._store.use(recover.recover)

    def _queue(
        self,
        specs: Sequence[RunSpec],
        race_id: str | None,
        pace: float | None,
        asker: str,
        instead_of: str = "",
    ) -> Sequence[str]:
        self._engine.check(specs)
        self._engine.prepare()
        queued = self._store.use(
            submit.queue,
            *(specs, race_id, pace, asker),
            share=self._share,
            host=self._engine.host,
            instead_of=instead_of,
        )
        self.notice = queued.notice or self.notice
        self._engine.start()
        return queued.ids
