"""Encode: pictures of the stage, all of one size, become a film.

`python -m resnet_viz.stage.film.encode FORMAT MILLISECONDS FILE` reads them from standard input,
each after its length (4 bytes, the highest first): so the app's server leaves the work to another
process.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from resnet_viz.extras import missing
from resnet_viz.text import count, unknown_name

if TYPE_CHECKING:
    from PIL.Image import Image

LAST_MS = 2000
"""The last picture stands for so long."""
MOST_SIDE, MOST_PIXELS = 1920, 125 * 1280 * 720
"""Of a picture, and of all pictures together; in memory a pixel takes four bytes."""
MOST_PICTURES, MOST_BYTES = 1000, 16 * 2**20
"""Of a film, and of one picture."""


def encode(pictures: Iterable[bytes], form: str, frame_ms: int, file: Path) -> int:
    """Write PNG `pictures` as a film of a format of `FORMATS`, each shown for `frame_ms`, and
    return how many they are.

    Raises:
        ValueError: for another format, for no picture, and for pictures that are too many, too
            large, not PNG, or of different sizes.
        ModuleNotFoundError: where a library is missing, saying which extra brings it.
    """
    if form not in FORMATS:
        raise ValueError(unknown_name("format", form, tuple(FORMATS)))
    if not 20 <= frame_ms <= 60_000:
        raise ValueError(f"milliseconds = {frame_ms} is not allowed; allowed: 20 to 60,000")
    try:
        import PIL.Image  # noqa: F401
    except ModuleNotFoundError as error:
        raise missing("a film", error) from error
    counted = _Counted(pictures)
    FORMATS[form](counted, frame_ms, file)
    return counted.count


class _Counted:
    """The pictures, opened and checked one after the other."""

    def __init__(self, pictures: Iterable[bytes]) -> None:
        self._pictures = pictures
        self.count = 0

    def __iter__(self) -> Iterator[Image]:
        size: tuple[int, int] | None = None
        for data in self._pictures:
            picture = _opened(data)
            size = size or picture.size
            self.count += 1
            if picture.size != size:
                raise ValueError(f"picture {self.count} has another size than the first")
            pixels = self.count * size[0] * size[1]
            if max(size) > MOST_SIDE or pixels > MOST_PIXELS or self.count > MOST_PICTURES:
                many = count(self.count, "picture")
                raise ValueError(f"{many} of {size[0]} x {size[1]} pixels are too much for a film")
            yield picture.convert("RGB")
        if not self.count:
            raise ValueError("there is no picture to make a film of")


def _opened(data: bytes) -> Image:
    from PIL import Image, UnidentifiedImageError

    try:
        return Image.open(io.BytesIO(data), formats=("PNG",))
    except Image.DecompressionBombError as error:
        raise ValueError("a picture has too many pixels for a film") from error
    except UnidentifiedImageError as error:
        raise ValueError("a film is made of PNG pictures; this is none") from error


def _gif(pictures: Iterable[Image], frame_ms: int, file: Path) -> None:
    from PIL.Image import Dither, Quantize

    # The way that keeps the few red pixels red; a pattern of dots would flicker.
    frames = [one.quantize(256, Quantize.MAXCOVERAGE, dither=Dither.NONE) for one in pictures]
    times = [frame_ms] * (len(frames) - 1) + [LAST_MS]
    frames[0].save(
        file, "GIF", save_all=True, append_images=frames[1:], duration=times, loop=0, optimize=False
    )


def _webp(pictures: Iterable[Image], frame_ms: int, file: Path) -> None:
    frames = list(pictures)
    times = [frame_ms] * (len(frames) - 1) + [LAST_MS]
    frames[0].save(
        file, "WEBP", save_all=True, append_images=frames[1:], duration=times, loop=0, quality=85
    )


def _mp4(pictures: Iterable[Image], frame_ms: int, file: Path) -> None:
    """H.264 in the colours of HD video; at the end the last picture is there as often as it takes
    to stand."""
    try:
        import av
        import numpy as np
    except ModuleNotFoundError as error:
        raise missing("an MP4", error) from error
    with av.open(str(file), "w", format="mp4", options={"movflags": "+faststart"}) as film:
        stream = film.add_stream("libx264", rate=Fraction(1000, frame_ms), options=_X264)
        stream.pix_fmt = "yuv420p"
        for number, picture in enumerate(_held(pictures, round(LAST_MS / frame_ms))):
            if number == 0:
                if any(side % 2 for side in picture.size):
                    raise ValueError("an MP4 needs pictures of an even width and height")
                stream.width, stream.height = picture.size
            frame = av.VideoFrame.from_ndarray(np.asarray(picture), format="rgb24")
            frame = frame.reformat(format="yuv420p", dst_colorspace="ITU709")
            frame.pts, frame.time_base = number, Fraction(frame_ms, 1000)
            film.mux(stream.encode(frame))
        film.mux(stream.encode(None))


def _held(pictures: Iterable[Image], times: int) -> Iterator[Image]:
    """The pictures, and the last of them so often again."""
    last = None
    for last in pictures:
        yield last
    yield from repeat(last, times) if last else ()


_COLOURS = "colorprim=bt709:transfer=bt709:colormatrix=bt709"
_X264 = {"crf": "18", "preset": "veryfast", "threads": "2", "x264-params": _COLOURS}
FORMATS: Mapping[str, Callable[[Iterable[Image], int, Path], None]] = {
    "mp4": _mp4,
    "webp": _webp,
    "gif": _gif,
}
"""The formats, by the endings of their files."""


def framed(stream: BinaryIO) -> Iterator[bytes]:
    """Pictures as they come on a stream, each after its length."""
    while head := stream.read(4):
        length = int.from_bytes(head, "big")
        if length > MOST_BYTES:
            raise ValueError(f"a picture of {length:,} bytes is too large")
        yield stream.read(length)


def main() -> int:
    """Encode what comes on standard input; one sentence on standard error where it cannot be."""
    form, frame_ms, file = sys.argv[1:]
    if hasattr(os, "nice"):
        os.nice(10)  # who trains, and who looks at pages, goes first
    try:
        encode(framed(sys.stdin.buffer), form, int(frame_ms), Path(file))
    except (ValueError, ModuleNotFoundError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
