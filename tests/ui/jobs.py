"""Pages whose work is done by a launcher: a folder for it, and waiting until the work is over."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.launchers import end_launchers

PATIENCE_SECONDS = 90.0


@contextmanager
def home_in(folder: Path) -> Iterator[Path]:
    """RESNET_VIZ_HOME is a folder in `folder`; its launcher ends with it."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("RESNET_VIZ_HOME", str(folder / "home"))
        yield folder / "home"
    end_launchers(folder / "home")


def settled(app: AppTest) -> AppTest:
    """The page once it no longer says that it waits for a job, run again as its timer would."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while any(re.search(r"\.\.\. \d+ s$", info.value) for info in app.info):
        assert time.monotonic() < deadline, "the job has not ended"
        time.sleep(0.05)
        app.run()
    assert not app.exception
    return app
