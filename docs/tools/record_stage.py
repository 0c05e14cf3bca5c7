"""`python -m docs.tools.record_stage`: the README's first picture, a race on the stage."""

from __future__ import annotations

from pathlib import Path

from resnet_viz.stage.film.drawing import drawn
from resnet_viz.stage.film.encode import encode
from resnet_viz.stage.film.film import Film
from resnet_viz.stage.recording import recording

FILE = Path(__file__).parents[1] / "images" / "stage.webp"


def main() -> None:
    """Write the picture."""
    with drawn(recording(), Film("960x540")) as stage:
        encode(stage.pictures(), "webp", stage.frame_ms, FILE)
    print(f"{FILE.name}: {FILE.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
