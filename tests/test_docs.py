"""The documents: what they name is there, and what is there is named."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "resnet_viz"
ARCHITECTURE, CONTRIBUTING = ROOT / "docs" / "ARCHITECTURE.md", ROOT / "CONTRIBUTING.md"
DOCUMENTS = (ARCHITECTURE, CONTRIBUTING)
LINKED = (*DOCUMENTS, ROOT / "README.md")
OURS = ("resnet_viz.", "tests.", "benchmarks.")
_SPAN = re.compile(r"`([^`\n]+)`")
_PLACE = re.compile(
    r"(?P<path>\.?\w[\w./-]*(?:/|\.(?:py|js|css|html|md|toml|txt|json|gz)))(:(?P<name>[\w.]+))?"
)
_LINK = re.compile(r"\]\(([^)#:]+)\)")


def text_of(document: Path) -> str:
    return document.read_text(encoding="utf-8")


def missing(text: str) -> Iterator[str]:
    """The places and modules in backticks of `text` that are not there."""
    for span in _SPAN.findall(text):
        if span.startswith(OURS):
            if not has_module(span):
                yield span
        elif match := _PLACE.fullmatch(span):
            path = found(match["path"])
            is_there = path is not None and (not match["name"] or defines(path, match["name"]))
            if not is_there:
                yield span


def found(path: str) -> Path | None:
    """A path from the root, or from the package; NAME stands for any name in a folder."""
    for start in (ROOT, PACKAGE):
        place = start / path.partition("NAME")[0]
        if place.exists() and not (path.endswith("/") and not place.is_dir()):
            return place
    return None


def defines(path: Path, name: str) -> bool:
    """Whether a module has a function, class or value of that name, or a class such a method."""
    body: list[ast.stmt] = ast.parse(text_of(path)).body
    for part in name.split("."):
        at = [node for node in body if part in names_of(node)]
        if not at:
            return False
        body = at[0].body if isinstance(at[0], ast.ClassDef) else []
    return True


def names_of(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.ClassDef | ast.FunctionDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else []
    targets += [node.target] if isinstance(node, ast.AnnAssign) else []
    return [target.id for target in targets if isinstance(target, ast.Name)]


def has_module(dotted: str) -> bool:
    """Whether it is a module, or something in one."""
    try:
        if find_spec(dotted):
            return True
    except ModuleNotFoundError:  # it is no package that is asked for a module
        pass
    module, _, name = dotted.rpartition(".")
    return find_spec(module) is not None and hasattr(import_module(module), name)


def tree() -> Iterator[Path]:
    """The paths of the tree in ARCHITECTURE.md: a folder a line, or modules, by their indents."""
    block = text_of(ARCHITECTURE).partition("## The tree\n")[2].partition("```\n")[2]
    folders: list[tuple[int, Path]] = [(-1, ROOT)]
    for line in block.partition("```")[0].splitlines():
        indent = len(line) - len(line.lstrip())
        while folders[-1][0] >= indent:
            folders.pop()
        names = re.split(r"\s{2,}", line.strip())[0].split(", ")
        paths = [folders[-1][1] / name for name in names]
        yield from paths
        if names[-1].endswith("/"):
            folders.append((indent, paths[-1]))


def rows(document: Path, heading: str) -> list[list[str]]:
    """The cells of the table below a heading, without its head."""
    part = text_of(document).partition(f"## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in part.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_what_is_named_is_there(document: Path) -> None:
    text = text_of(document)
    assert list(missing(text)) == []
    assert sum(bool(_PLACE.fullmatch(span)) for span in _SPAN.findall(text)) > 40


def test_what_is_not_there_would_be_noticed() -> None:
    there = "`arch/plan.py` `arch/plan.py:plan` `lab/lab.py:Lab.race` `resnet_viz.arch.plan`"
    gone = ["arch/plans.py", "arch/plan.py:plam", "lab/lab.py:Lab.rice", "resnet_viz.arch.plam"]
    more = ["nowhere/", "app.py/", "nowhere/NAME.py", "resnet_viz.quantities.Quality"]
    none = "`2/curvature` `lr = 0.1` `/race?race=ID` `data/datasets/NAME.py`"
    text = " ".join([there, none, *(f"`{name}`" for name in [*gone, *more])])
    assert list(missing(text)) == [*gone, *more]


@pytest.mark.parametrize("document", LINKED, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    links = _LINK.findall(text_of(document))
    assert links
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_the_tree_has_what_there_is() -> None:
    named = list(tree())
    assert [str(path) for path in named if not path.exists()] == []
    packages = {path.parent for path in PACKAGE.rglob("__init__.py")}
    assert packages - set(named) == set()


def test_the_table_of_changes_is_long_enough() -> None:
    changes = rows(CONTRIBUTING, "I want to change ...: here")
    assert len(changes) >= 25
    assert [cells[0] for cells in changes if not list(_SPAN.findall(cells[1]))] == []


def test_the_files_of_a_newcomers_task_are_counted() -> None:
    tasks = rows(CONTRIBUTING, "Ten tasks of a newcomer")
    assert len(tasks) == 10
    for task, count, files in tasks:
        places = {span for span in _SPAN.findall(files) if _PLACE.fullmatch(span)}
        assert int(count) == len(places), task
