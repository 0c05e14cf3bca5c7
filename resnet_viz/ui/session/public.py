"""Public app: whether RESNET_VIZ_PUBLIC opens it to everybody, and how.

"gallery": nobody starts, stops, imports or changes anything. "limited": each visitor has a share.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from resnet_viz.scheduler.submit import GUARANTEED
from resnet_viz.text import byte_size, shorten

VARIABLE = "RESNET_VIZ_PUBLIC"
GALLERY, LIMITED = "gallery", "limited"
SHARE, MOST_STEPS = GUARANTEED, 500
"""Of a visitor where it is limited: runs at a time, and steps of each."""
MOST_PARAMETERS, MOST_BYTES, MOST_MACS = 30_000_000, 2_000_000_000, 10**13
"""Of a net there: its parameters; of its training, the memory of a step, and multiply-accumulates
of all forward passes together, which bound how long it takes."""
SENTENCES: Mapping[str, str] = {
    GALLERY: "This is a gallery. You can look at everything, but you cannot start, stop or "
    "import anything.",
    LIMITED: f"Everybody shares this computer. You can have {SHARE} networks in training at a "
    f"time, with at most {MOST_STEPS} steps each. A network may have "
    f"{MOST_PARAMETERS // 10**6} million parameters at most, and its training may need "
    f"{byte_size(MOST_BYTES)} of memory and {MOST_MACS // 10**12} trillion "
    "multiply-accumulates at most.",
}

INSTEAD = (
    "Open a race on the Runs page, and play it here step by step. You can also set up networks "
    "below and look at their layers and graphs."
)
"""What a visitor of a gallery can do where others start a race."""


def mode() -> str:
    """How the app is open to everybody: "" for not, "gallery" or "limited".

    Raises:
        ValueError: for any other value of the variable.
    """
    given = os.environ.get(VARIABLE, "")
    if given and given not in SENTENCES:
        raise ValueError(
            f"{VARIABLE} = {shorten(given)} is not allowed; allowed: {GALLERY}, {LIMITED}, or "
            "nothing"
        )
    return given


def is_gallery() -> bool:
    """Whether this is a gallery."""
    return mode() == GALLERY
