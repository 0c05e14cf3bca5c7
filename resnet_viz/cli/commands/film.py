"""runs film: the stage of a race as a film, or as a page that plays it."""

from __future__ import annotations

from pathlib import Path

from resnet_viz.cli.commands.runs import open_lab, runs_by
from resnet_viz.cli.errors import CommandFailedError, InputError, input_errors
from resnet_viz.cli.output import print_note
from resnet_viz.cli.race_output import history_of
from resnet_viz.lab.race_feed import MOST_STEPS, Look
from resnet_viz.stage.film.drawing import NoBrowserError, drawn
from resnet_viz.stage.film.encode import FORMATS, encode
from resnet_viz.stage.film.film import Film, film_page, message_of
from resnet_viz.store.atomic_file import atomic_write
from resnet_viz.text import count, printable, unknown_name

PAGES = (".html", ".htm")


def write(id: str, output: Path, film: Film, quantity: str) -> None:
    """Write the film of a race, or of a run; the ending of the file says what kind.

    Raises:
        InputError: for an unknown id, ending or quantity.
        CommandFailedError: where there is no browser to draw it.
    """
    ending = output.suffix.lower()
    if ending not in PAGES and ending[1:] not in FORMATS:
        endings = ", ".join(f".{form}" for form in (*FORMATS, "html"))
        raise InputError(f"-o {printable(str(output))}: a film is written to a file {endings}")
    with open_lab() as lab:
        runs = runs_by(lab, id)
        look = Look(runs, {run.id: history_of(lab, run, MOST_STEPS, None) for run in runs})
    if ending in PAGES:
        with input_errors(), atomic_write(output) as file:
            file.write_text(film_page(look, " against ".join(run.name for run in runs)), "utf-8")
        return
    message = message_of(look, None)
    known = [one["name"] for one in message["quantities"]]
    if quantity and quantity not in known:
        raise InputError(unknown_name("quantity on the stage", quantity, known))
    try:
        with (
            input_errors(),
            drawn(message, film, quantity) as stage,
            atomic_write(output) as file,
        ):
            print_note(f"drawing {count(len(stage.steps), 'picture')}...")
            encode(stage.pictures(), ending[1:], stage.frame_ms, file)
    except NoBrowserError as error:
        raise CommandFailedError(str(error)) from error
