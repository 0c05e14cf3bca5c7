"""Options and fixtures for all tests, and what the command line promises of bad input."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from hypothesis import settings

from resnet_viz.__main__ import main
from tests.labs import lab, one_thread  # noqa: F401  fixtures of all rooms
from tests.launchers import end_all_with_this_process, end_launchers, launchers_in

# How long an example takes says nothing on a machine that may be busy.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

GOLDEN = Path(__file__).parent / "golden"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--overwrite", action="store_true", help="write the golden files anew from what is produced"
    )


SECOND_TRY = ("processes", "seconds", "bytes")
"""What a test may be about that has a second try where the machine is busy: the first word of its
mark's reason, as in `@pytest.mark.flaky(reruns=1, reason="seconds: a step is timed")`."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """UsageError for a test that has a second try and does not say why: a race condition that fails
    one time in ten would pass ninety-nine times in a hundred.
    """
    for item in items:
        for mark in item.iter_markers("flaky"):
            reason = str(mark.kwargs.get("reason", ""))
            about, colon, why = reason.partition(": ")
            if about not in SECOND_TRY or not colon or not why or mark.kwargs.get("reruns") != 1:
                raise pytest.UsageError(
                    f"{item.nodeid}: a flaky test needs reruns=1 and a reason that begins with "
                    f"{', '.join(f'{one}:' for one in SECOND_TRY)}; this one has {reason!r}"
                )


@pytest.fixture
def equals_golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Asserts that a text equals the golden file of that name; writes it with --overwrite."""

    def check(name: str, text: str) -> None:
        path = GOLDEN / name
        if request.config.getoption("--overwrite"):
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8")

    return check


@pytest.fixture(scope="session", autouse=True)
def _no_process_outlives_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A launcher would: it is there for the runs to come."""
    end_all_with_this_process()
    yield
    folder = tmp_path_factory.getbasetemp()
    psutil.wait_procs(launchers_in(folder), timeout=5)  # some may be going just now
    homes = [process.environ()["RESNET_VIZ_HOME"] for process in launchers_in(folder)]
    end_launchers(folder)
    assert not homes, "a launcher outlived its test"


def is_refused(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> str:
    """Run the command line, hold it to the promise, and return its line on standard error."""
    status = main(arguments)
    out, err = capsys.readouterr()
    assert (status, out) == (2, ""), err
    line = err.removesuffix("\n")
    assert line.startswith("error: ")
    assert line.isprintable(), repr(line)
    assert len(line) < 1100
    assert "Traceback" not in line
    return line
