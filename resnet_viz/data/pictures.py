"""Pictures in files as people see them: upright, on white, eight bits per channel."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from resnet_viz.arch.fields import ImageSize, height_and_width

if TYPE_CHECKING:
    from PIL import Image

ENDINGS = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".gif", ".bmp", ".tif", ".tiff"),
    *(".webp", ".avif", ".jp2", ".ppm", ".pgm", ".pbm", ".pnm"),
)
# By content: a file may have another's ending. Pillow's other formats are no photographs, and for
# some it starts a program, such as Ghostscript.
_FORMATS = ("JPEG", "PNG", "GIF", "BMP", "DIB", "TIFF", "WEBP", "AVIF", "JPEG2000", "PPM")
_WIDE_FORMATS = ("PNG", "PPM")
"""Whose grey values have sixteen bits at most, also where Pillow keeps them in 32."""
_WHITE = (255, 255, 255)
_GLANCE = 32


def middle(file: Path, size: ImageSize) -> NDArray[np.uint8] | None:
    """The middle of a picture, resized to [height, width, 3]; None if it cannot be read.

    Of several pictures in a file the first is taken.
    """
    from PIL import Image, ImageOps

    height, width = height_and_width(size)
    try:
        with Image.open(file, formats=_formats()) as image:
            fitted = ImageOps.fit(_as_seen(image), (width, height), Image.Resampling.BILINEAR)
            return np.asarray(fitted)
    except Exception:  # noqa: BLE001  what Pillow raises on damaged files is of many kinds
        return None


@lru_cache(maxsize=1)
def _formats() -> tuple[str, ...]:
    """Those that this build of Pillow reads."""
    from PIL import Image

    Image.init()
    return tuple(name for name in _FORMATS if name in Image.OPEN)


def can_be_read(file: Path) -> bool:
    """Whether `middle` can read it; a file is checked once, until it changes."""
    try:
        status = file.stat()
    except OSError:
        return False
    return _can_be_read(file, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=16_384)
def _can_be_read(file: Path, _changed: int, _size: int) -> bool:
    from PIL import Image

    try:
        with Image.open(file, formats=_formats()) as image:
            image.draft("RGB", (_GLANCE, _GLANCE))  # of a JPEG all is read, but little computed
            _as_seen(image)
            return True
    except Exception:  # noqa: BLE001  as above
        return False


def _as_seen(image: Image.Image) -> Image.Image:
    """In RGB, turned as its camera was held (EXIF), what is transparent on white."""
    return _upright(_rgb(image), image)


def _upright(image: Image.Image, of: Image.Image) -> Image.Image:
    from PIL.Image import Transpose

    try:
        orientation = of.getexif().get(_ORIENTATION)
    except Exception:  # noqa: BLE001  damaged notes do no harm to the picture
        return image
    turns = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
    turn = turns.get(orientation) if isinstance(orientation, int) else None
    return image if turn is None else image.transpose(turn)


_ORIENTATION = 0x0112


def _rgb(image: Image.Image) -> Image.Image:
    """Eight bits a channel, of sixteen the upper ones: Pillow makes white of all above 255.

    Raises:
        ValueError: for grey values of 32 bits, of which nobody says what white is.
    """
    from PIL import Image

    is_wide = image.mode == "I" and image.format in _WIDE_FORMATS
    if image.mode.startswith("I;16") or is_wide:
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8)).convert("RGB")
    if image.mode in ("I", "F"):
        raise ValueError("grey values of 32 bits")
    if not image.has_transparency_data:
        return image.convert("RGB")
    above = image.convert("RGBA")
    white = Image.new("RGBA", above.size, _WHITE)
    return Image.alpha_composite(white, above).convert("RGB")
