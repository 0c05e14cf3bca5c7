"""The package without what only its extras bring, and its metadata."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

import resnet_viz
from resnet_viz.extras import EXTRAS, missing

ROOT = Path(__file__).parents[2]
CORE = {
    "annotated_types",
    "pydantic",
    "pydantic_core",
    "resnet_viz",
    "typing_extensions",
    "typing_inspection",
}
ALONE = """
import sys

class OnlyThese:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        is_pythons = top in sys.stdlib_module_names or top.startswith("_")
        if not is_pythons and top not in ALLOWED:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, OnlyThese())
"""


def alone(code: str, *also: str) -> subprocess.CompletedProcess[str]:
    """Python with this project, pydantic, and nothing else but `also`."""
    text = ALONE.replace("ALLOWED", repr(CORE | set(also))) + code
    command = [sys.executable, "-c", text]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)


def test_configurations_plans_graphs_and_source_need_pydantic_alone() -> None:
    found = alone(
        "import resnet_viz as rv\n"
        "net = rv.preset('resnet50')\n"
        "print(rv.plan(net).params)\n"
        "print(rv.shortcut_graph(net).to_svg()[:4], rv.to_source(net)[:3])\n"
        "print(rv.ResNetConfig.model_validate_json(net.model_dump_json()) == net)\n"
    )
    assert found.stderr == ""
    assert found.stdout.split() == ["25557032", "<svg", '"""', "True"]


@pytest.mark.parametrize(
    ("what", "library", "extra"),
    [
        ("rv.build_resnet", "torch", "train"),
        ("rv.Lab", "numpy", "train"),
        ("rv.shortcut_graph(rv.preset('resnet18')).to_dot()", "graphviz", "app"),
    ],
)
def test_what_is_missing_says_which_extra_brings_it(what: str, library: str, extra: str) -> None:
    found = alone(f"import resnet_viz as rv\n{what}\n")
    last = found.stderr.strip().splitlines()[-1]
    assert f'needs {library}, which is not installed: pip install "resnet-viz[{extra}]"' in last


def test_the_command_line_says_so_in_one_line() -> None:
    run = "from resnet_viz.__main__ import main\nsys.exit(main(ARGUMENTS))"
    found = alone(run.replace("ARGUMENTS", "['presets']"))
    assert found.returncode == 1
    assert found.stderr.startswith("error: the command line needs typer")
    assert len(found.stderr.splitlines()) == 1
    libraries = ("typer", "rich", "click", "shellingham", "markdown_it", "mdurl", "pygments")
    found = alone(run.replace("ARGUMENTS", "['presets']"), *libraries, "annotated_doc")
    assert found.returncode == 0, found.stderr
    assert "resnet34" in found.stdout


def test_an_error_of_something_else_is_left_alone() -> None:
    error = ModuleNotFoundError("No module named 'mine'", name="mine")
    assert missing("this", error) is error


def project() -> dict[str, object]:
    found: dict[str, object] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return found


def listed(*extras: str) -> Iterator[str]:
    """The requirements of extras, those of the extras in them too."""
    options = project()["optional-dependencies"]
    assert isinstance(options, dict)
    for extra in extras:
        for line in options[extra]:
            inner = re.match(r"resnet-viz\[(.*)\]", line)
            yield from listed(*inner[1].split(",")) if inner else [line]


def test_the_apps_two_commands_install_what_the_app_extra_does() -> None:
    lines = set((ROOT / "requirements.txt").read_text().split())
    core = project()["dependencies"]
    assert isinstance(core, list)
    assert lines == {*core, *listed("app")}


def test_every_library_of_an_extra_is_told_by_it() -> None:
    modules = packages_distributions()
    for module, extra in EXTRAS.items():
        names = {name.lower() for name in modules.get(module, [module])}
        lines = {re.split(r"[><~=]", line)[0].lower() for line in listed(extra)}
        assert names & lines, (module, extra)


def test_the_version_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    from resnet_viz.__main__ import main

    assert main(("--version",)) == 0
    assert capsys.readouterr().out == f"resnet_viz {resnet_viz.__version__}\n"
