"""A job that is begun, or cancelled, while somebody looks at it."""

from __future__ import annotations

from pathlib import Path

import pytest

from resnet_viz.scheduler import launcher_client
from resnet_viz.scheduler.engine import BoundEngine
from resnet_viz.scheduler.jobs import job_table
from resnet_viz.scheduler.jobs.jobs import Jobs
from resnet_viz.scheduler.task_table import JOBS
from resnet_viz.store.database import Store
from resnet_viz.store.recovery.guarded_store import GuardedStore


@pytest.mark.parametrize("status", ["working", "cancelled"])
def test_a_look_at_a_job_that_ceases_to_wait_meanwhile_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    monkeypatch.setattr(launcher_client, "ensure_launcher", lambda store: None)
    store, guarded = Store(tmp_path), GuardedStore(tmp_path)
    jobs = Jobs(guarded, BoundEngine(guarded))
    ids = [jobs.submit("data", {"name": "digits"}) for _ in range(job_table.PLACES + 1)]
    assert jobs.get(ids[-1]).before == 1
    look = job_table.select_jobs

    def begun_before(connection: object, where: str, *values: object) -> object:
        if where == JOBS.busy:
            with store.writing() as other:
                other.execute("UPDATE jobs SET status = ? WHERE id = ?", (status, ids[-1]))
        return look(connection, where, *values)  # type: ignore[arg-type]

    monkeypatch.setattr(job_table, "select_jobs", begun_before)
    assert jobs.get(ids[-1]).before == 0
