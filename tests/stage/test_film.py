"""Films: as many pictures as were drawn, in order, each shown for its time, in files that other
programs read."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from zlib import compress, crc32

import av
import numpy as np
import pytest
from PIL import Image, ImageSequence

from resnet_viz.stage.film.encode import FORMATS, LAST_MS, MOST_BYTES, encode
from resnet_viz.stage.film.film import Film

SIZE = (160, 90)
COLOURS = ((255, 255, 255), (0, 114, 178), (230, 159, 0), (15, 21, 28))
FRAME_MS = 200


def chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + kind + data + crc32(kind + data).to_bytes(4, "big")


SHAPE = (50_000).to_bytes(4, "big") * 2 + bytes((8, 2, 0, 0, 0))
HUGE = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", SHAPE) + chunk(b"IDAT", compress(bytes(99)))
"""A PNG of 100 bytes that says it has 50,000 pixels a side."""


def png(colour: tuple[int, int, int], size: tuple[int, int] = SIZE) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, "PNG")
    return file.getvalue()


def read(file: Path) -> tuple[list[Image.Image], list[float]]:
    """The pictures of a film, and the milliseconds at which each begins and the last ends."""
    if file.suffix == ".mp4":
        with av.open(str(file)) as film:
            stream = film.streams.video[0]
            assert stream.codec_context.name == "h264"
            frames = list(film.decode(stream))
            times = [1000 * float(frame.time or 0) for frame in frames]
            ends = 1000 * float((stream.duration or 0) * (stream.time_base or 0))
        return [frame.to_image() for frame in frames], [*times, ends]
    with Image.open(file) as image:
        pictures, times = [], [0.0]
        for frame in ImageSequence.Iterator(image):
            pictures.append(frame.convert("RGB"))
            times.append(times[-1] + frame.info["duration"])
    return pictures, times


@pytest.mark.parametrize("form", FORMATS)
def test_a_film_has_each_picture_for_its_time(tmp_path: Path, form: str) -> None:
    file = tmp_path / f"film.{form}"
    assert encode(map(png, COLOURS), form, FRAME_MS, file) == len(COLOURS)
    pictures, times = read(file)
    for colour, picture in zip(COLOURS, pictures, strict=form != "mp4"):
        assert picture.size == SIZE
        assert np.abs(np.asarray(picture, float) - colour).max() <= 4
    assert times[: len(COLOURS)] == pytest.approx([0, 200, 400, 600])
    assert times[-1] == pytest.approx(600 + LAST_MS, abs=2 * FRAME_MS)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(
    ("pictures", "said"),
    [
        ([], "there is no picture"),
        ([b"<svg/>"], "PNG"),
        ([png((0, 0, 0)), png((0, 0, 0), (80, 90))], "picture 2 has another size"),
        ([png((0, 0, 0), (2000, 10))], "too much for a film"),
        ([png((0, 0, 0), (2, 2))] * 1001, "1,001 pictures of 2 x 2 pixels are too much"),
        ([HUGE], "too many pixels"),
    ],
)
def test_what_no_film_can_be_made_of_is_named(
    tmp_path: Path, form: str, pictures: list[bytes], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        encode(pictures, form, FRAME_MS, tmp_path / "film")


def test_a_film_is_no_longer_than_memory_is_for(tmp_path: Path) -> None:
    one, drawn = png((0, 0, 0), (1920, 1080)), 0

    def pictures() -> Iterator[bytes]:
        nonlocal drawn
        while True:
            drawn += 1
            yield one

    with pytest.raises(ValueError, match="56 pictures of 1920 x 1080 pixels are too much"):
        encode(pictures(), "webp", FRAME_MS, tmp_path / "film")
    assert drawn == 56


def test_an_mp4_of_odd_sizes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="an even width and height"):
        encode([png((0, 0, 0), (3, 5))], "mp4", FRAME_MS, tmp_path / "film")


def test_other_formats_and_times_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="unknown format 'avi'"):
        encode([png((0, 0, 0))], "avi", FRAME_MS, tmp_path / "film")
    with pytest.raises(ValueError, match="milliseconds = 5 is not allowed"):
        encode([png((0, 0, 0))], "gif", 5, tmp_path / "film")


@pytest.mark.parametrize(("library", "form"), [("PIL", "gif"), ("av", "mp4")])
def test_a_library_that_is_missing_is_named_with_its_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, library: str, form: str
) -> None:
    pictures = [png((0, 0, 0))]
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(ModuleNotFoundError, match=rf'{library}.*"resnet-viz\[film\]"'):
        encode(pictures, form, FRAME_MS, tmp_path / "film")


def process(given: bytes, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "resnet_viz.stage.film.encode", *arguments]
    return subprocess.run(command, input=given, capture_output=True, check=False)


def test_the_process_reads_pictures_after_their_lengths(tmp_path: Path) -> None:
    file = tmp_path / "film.webp"
    given = b"".join(len(one).to_bytes(4, "big") + one for one in map(png, COLOURS))
    done = process(given, "webp", "200", str(file))
    assert (done.returncode, done.stderr) == (0, b"")
    assert len(read(file)[0]) == len(COLOURS)
    for bad, said in (
        (b"\xff" * 8, b"too large"),
        (b"", b"no picture"),
        (given[:99], b"truncated"),
    ):
        failed = process(bad, "webp", "200", str(file))
        assert failed.returncode == 2
        assert said in failed.stderr
        assert failed.stderr.count(b"\n") == 1


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Film(size="10x10"), "size = '10x10' is not allowed; allowed: 960x540"),
        (lambda: Film(theme="blue"), "theme = 'blue' is not allowed; allowed: light and dark"),
        (lambda: Film(speed=3), "speed = '3' is not allowed; allowed: 0.5, 1, 2 and 4"),
    ],
)
def test_a_film_has_one_of_the_sizes_themes_and_speeds(make: Callable[[], Film], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        make()


def test_pictures_are_bounded() -> None:
    assert MOST_BYTES >= 4 * 1920 * 1080, "an incompressible picture fits"
