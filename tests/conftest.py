"""Options and fixtures for all tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

GOLDEN = Path(__file__).parent / "golden"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--overwrite", action="store_true", help="write the golden files anew from what is produced"
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
    yield
    left = [one for one in psutil.process_iter() if _is_ours(one, tmp_path_factory.getbasetemp())]
    for process in left:
        process.kill()
    assert not left, "a launcher outlived its test"


def _is_ours(process: psutil.Process, folder: Path) -> bool:
    try:
        is_one = "resnet_viz.lab.launcher" in process.cmdline()
        return is_one and Path(process.environ().get("RESNET_VIZ_HOME", "")).is_relative_to(folder)
    except psutil.Error:
        return False
