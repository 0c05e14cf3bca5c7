"""papers: what the papers state, ours beside it, measured where it is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from resnet_viz.cli.errors import CommandFailedError, InputError, input_errors
from resnet_viz.cli.output import print_json, print_note, print_table
from resnet_viz.lab.lab import Lab
from resnet_viz.papers.exhibit import Exhibit
from resnet_viz.papers.exhibits import exhibits
from resnet_viz.papers.measuring import complete, new_results
from resnet_viz.papers.paper import PAPERS
from resnet_viz.papers.statements import Judged, overall
from resnet_viz.papers.table import markdown
from resnet_viz.store.atomic_file import atomic_write
from resnet_viz.text import unknown_name


def show(keys: Sequence[str], file: Path | None, *, measures: bool, as_json: bool) -> None:
    """Judge the statements of some exhibits, or of all, and print them.

    Raises:
        InputError: for an unknown key, and for a page of a part of the exhibits.
        CommandFailedError: where a job fails.
    """
    known = exhibits()
    for key in keys:
        if key not in known:
            raise InputError(unknown_name("figure", key, tuple(known)))
    if file is not None and keys:
        raise InputError("--markdown writes all figures; leave out their names")
    lab = Lab()
    found: dict[str, Sequence[Judged]] = {}
    for key in keys or known:
        found[key] = _judged(lab, known[key], measures=measures)
    if file is not None:
        with atomic_write(file) as writing:
            writing.write_text(markdown(found), encoding="utf-8")
    if as_json:
        print_json([_row(known[key], row) for key, rows in found.items() for row in rows])
    elif keys:
        for key, rows in found.items():
            print_note(f"{_name(known[key])}: {overall(rows)}")
            shown = [(row.words, row.published, row.ours, row.verdict) for row in rows]
            print_table(("statement", "published", "ours", "verdict"), shown)
    else:
        lines = [(key, _name(known[key]), overall(rows)) for key, rows in found.items()]
        print_table(("figure", "what", "verdict"), lines)


def _judged(lab: Lab, exhibit: Exhibit, *, measures: bool) -> Sequence[Judged]:
    def say(text: str) -> None:
        print_note(f"{exhibit.key}: {text}")

    try:
        with input_errors():
            return (complete if measures else new_results)(lab, exhibit, say)
    except RuntimeError as error:
        raise CommandFailedError(f"{exhibit.key}: {error}") from error


def _name(exhibit: Exhibit) -> str:
    return f"{PAPERS[exhibit.paper].cited}, {exhibit.label}: {exhibit.title}"


def _row(exhibit: Exhibit, row: Judged) -> Mapping[str, str]:
    return {
        "figure": exhibit.key,
        "statement": row.words,
        "published": row.published,
        "ours": row.ours,
        "verdict": row.verdict,
    }
