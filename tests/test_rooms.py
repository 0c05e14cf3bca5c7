"""The rooms: imports point one way, torch and streamlit stay where they belong."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "resnet_viz"
ROOMS = {
    *(
        "app",
        "arch",
        "callbacks",
        "cli",
        "cluster",
        "data",
        "experiments",
        "figures",
        "findings",
        "lab",
        "lessons",
        "measurements",
    ),
    *(
        "nets",
        "notebook",
        "papers",
        "quantities",
        "report",
        "scheduler",
        "stage",
        "store",
        "tensor_stats",
        "traced",
        "training",
        "ui",
    ),
    *("ui", "views", "workers"),
}
PLUG_INS = {
    *("exhibits", "quantities", "measurements", "datasets", "job_kinds"),
    *("starting_points", "commands"),
}


TYPES_OR_FILES = ("resnet_viz/lab/lab.py", "resnet_viz/lab/export_tensorboard.py")
_ROOMS_OF_TORCH = (
    "callbacks",
    "measurements",
    "nets",
    "quantities",
    "tensor_stats",
    "traced",
    "training",
    "workers",
)
TORCH = (*(f"resnet_viz/{room}/" for room in _ROOMS_OF_TORCH), *TYPES_OR_FILES)


def test_import_linters_contracts_hold() -> None:
    tool = Path(sys.executable).with_name("lint-imports")
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    result = subprocess.run(
        [tool, "--no-cache", "--no-logo"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "0 broken" in result.stdout


def test_every_module_is_in_a_room() -> None:
    assert {path.parent.name for path in PACKAGE.glob("*/__init__.py")} == ROOMS
    assert {path.name for path in PACKAGE.glob("*.py")} == {
        "__init__.py",
        "__main__.py",
        "extras.py",
        "lru.py",
        "cells.py",
        "es_modules.py",
        "text.py",
    }


def test_no_folder_is_a_hall() -> None:
    """Of at most fifteen modules one sees at once what is there; plug-ins may be more."""
    counts = {
        str(folder.relative_to(PACKAGE)): len(list(folder.glob("*.py"))) - 1
        for folder in PACKAGE.rglob("*")
        if folder.is_dir() and folder.name not in PLUG_INS
    }
    assert {folder: count for folder, count in counts.items() if count > 16} == {}


def imported(path: Path) -> Iterator[str]:
    """The first word of each absolute import in a file, inside functions too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]


@pytest.mark.parametrize(
    ("name", "homes"),
    [
        ("torch", TORCH),
        ("torchinfo", ("resnet_viz/views/summary.py",)),
        ("streamlit", ("app.py", "resnet_viz/app/", "resnet_viz/ui/")),
        ("plotly", tuple(f"resnet_viz/{r}/" for r in ("figures", "lessons", "report", "ui"))),
        ("graphviz", ("resnet_viz/views/",)),
        ("typer", ("resnet_viz/cli/", "resnet_viz/__main__.py")),
    ],
)
def test_a_library_is_imported_only_where_it_belongs(name: str, homes: tuple[str, ...]) -> None:
    sources = [ROOT / "app.py", *ROOT.glob("pages/*.py"), *PACKAGE.rglob("*.py")]
    users = {str(path.relative_to(ROOT)) for path in sources if name in imported(path)}
    assert users, "the library is not used at all"
    assert {user for user in users if not user.startswith(homes)} == set()


MADE_UP = {"resnet_viz.nonsense", "resnet_viz.arch.plam", "resnet_viz.measurements.sizes"}
"""Names in tests of what is said of such."""


def _named_in(text: str) -> Iterator[str]:
    """What a text names of the package, also in the programs that tests run as strings."""
    yield from re.findall(r"\bresnet_viz(?:\.[a-z]\w*)+", text)
    for package, names in re.findall(r"\bfrom (resnet_viz[\w.]*) import ([\w, ]+)", text):
        yield from (f"{package}.{name.split()[0]}" for name in names.split(",") if name.strip())


def _is_there(name: str) -> bool:
    """Whether it is a module, or a word in the deepest module that its path leads to."""
    parts = name.split(".")
    for depth in range(len(parts), 0, -1):
        place = ROOT.joinpath(*parts[:depth])
        file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
        if file.is_file():
            return not parts[depth:] or parts[depth] in file.read_text(encoding="utf-8")
    return False


def test_what_strings_name_is_there() -> None:
    """A tool that renames modules does not see these."""
    files = [
        f
        for folder in ("tests", "benchmarks", "resnet_viz")
        for f in ROOT.glob(f"{folder}/**/*.py")
    ]
    gone = {
        f"{file.relative_to(ROOT)}: {name}"
        for file in files
        for name in _named_in(file.read_text(encoding="utf-8"))
        if name not in MADE_UP and not _is_there(name)
    }
    assert gone == set()
