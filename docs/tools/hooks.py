"""Hooks of the documentation's build: what its pages do not say twice.

Descriptions come from the quantities, measurements and starting points themselves; reports are
made of the recorded races; CHANGELOG and CONTRIBUTING are those of the repository's root.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

import resnet_viz  # noqa: E402
from docs.tools import gallery  # noqa: E402
from docs.tools.mathml import mathml  # noqa: E402
from resnet_viz.experiments.starting_points import starting_points  # noqa: E402
from resnet_viz.measurements import measurements  # noqa: E402
from resnet_viz.quantities import quantities  # noqa: E402

REPORTS, MOST = "RESNET_VIZ_DOCS_REPORTS", 99
"""So many reports are made, for whoever only wants to see a page: a report takes about a second."""
LEFT_OUT = "<!doctype html><title>Left out</title>This report was left out of this build."
OF_THE_ROOT = ("CHANGELOG.md", "CONTRIBUTING.md")


def on_files(files: Files, config: Any) -> Files:
    """Add the root's documents, and the reports of the recorded races."""
    for name in OF_THE_ROOT:
        text = (ROOT / name).read_text(encoding="utf-8").replace("](docs/", "](")
        files.append(File.generated(config, name, content=text))
    made = list(gallery.NAMES)[: int(os.environ.get(REPORTS, MOST))]
    pages = dict.fromkeys(gallery.NAMES, LEFT_OUT) | dict(gallery.reports(made))
    for name, report in pages.items():
        files.append(File.generated(config, f"gallery/{name}.html", content=report))
    return files


def on_page_markdown(markdown: str, **_: object) -> str:
    """Fill in what is described elsewhere."""
    for mark, text in FILLED.items():
        if f"<!-- {mark} -->" in markdown:
            markdown = markdown.replace(f"<!-- {mark} -->", text())
    for name in OF_THE_ROOT:
        markdown = markdown.replace(f"](../{name})", f"]({name})")
    return markdown


def _quantities() -> str:
    rows = ["| quantity | symbol | what it is | computed from | source |", "|---|---|---|---|---|"]
    for one in sorted(quantities().values(), key=lambda quantity: quantity.title):
        unit = f" [{one.unit}]" if one.unit else ""
        cells = (
            f"**{one.title}**{unit} `{one.name}`",
            one.symbol,
            one.sentence,
            ", ".join(f"`{point}`" for point in one.points),
            one.source,
        )
        rows.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
    return "\n".join(rows)


def _measurements() -> str:
    parts = []
    for one in measurements().values():
        gives = "\n".join(f"* {given.title}" for given in one.gives.values())
        parts.append(
            f"### {one.title[:1].upper()}{one.title[1:]}\n\n{one.sentence}\n\n"
            f"{mathml(one.formula)}\n\n{gives}\n\n"
            f"Source: {one.source}. In the command: `{one.name}`.\n"
        )
    return "\n".join(parts)


def _races() -> str:
    points = starting_points()
    lines = []
    for name, title in gallery.NAMES.items():
        nets = ", ".join(dict.fromkeys(spec.display_name for spec in points[title].specs))
        lines.append(f"### [{title}](gallery/{name}.html)\n\n{points[title].look_for}\n\n{nets}.\n")
    return "\n".join(lines)


def _names() -> str:
    names = sorted(resnet_viz.__all__, key=str.casefold)
    return "\n\n".join(f"::: resnet_viz.{resnet_viz._HOMES[name]}.{name}" for name in names)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


FILLED: Mapping[str, Callable[[], str]] = {
    "names": _names,
    "quantities": _quantities,
    "measurements": _measurements,
    "races": _races,
}
