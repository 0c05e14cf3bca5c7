"""`python -m docs.tools.record_stage`: the README's first picture, a race on the stage."""

from __future__ import annotations

import io
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import sync_playwright

from resnet_viz.stage.page import stage_page
from resnet_viz.stage.recording import recording

FILE = Path(__file__).parents[1] / "images" / "stage.webp"
SIZE = {"width": 1280, "height": 720}
WIDTH = 960
FRAME_MS, LAST_MS = 150, 2500


def frames() -> list[Image.Image]:
    """The stage at each step of the recorded race."""
    message = recording()
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        page_file = Path(folder) / "stage.html"
        page_file.write_text(stage_page(message, "Stage"), encoding="utf-8")
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport=SIZE)
        page.goto(page_file.as_uri())
        pictures = []
        for step in range(message["steps"] + 1):
            page.evaluate(f"() => stage.act('step', {step})")
            page.wait_for_function(f"() => stage.player.step === {step} && !stage.isStale")
            picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
            height = round(WIDTH * picture.height / picture.width)
            pictures.append(picture.resize((WIDTH, height), Image.Resampling.LANCZOS))
        browser.close()
    return pictures


def main() -> None:
    """Write the picture."""
    first, *others = frames()
    times = [FRAME_MS] * len(others) + [LAST_MS]
    first.save(FILE, save_all=True, append_images=others, duration=times, loop=0, quality=80)
    print(f"{FILE.name}: {FILE.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
