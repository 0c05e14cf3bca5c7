"""Whether a net's features collapse, from the effective ranks in its records."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from resnet_viz.findings.contestant import Contestant
from resnet_viz.findings.nets import Net, Range
from resnet_viz.lab.quantities.effective_rank import MOST_IMAGES
from resnet_viz.lab.records import Taken

RANK = "effective_rank"
FEW_DIRECTIONS = 3.0
"""Features of so few directions are called collapsed. Those that tell C classes apart as far as can
be fill C - 1 (Papyan et al. 2020, arXiv:2008.08186), nine where there are ten; what is seen of nets
that learn lies above twenty, of those that do not between one and three."""
IMAGES = f"of at most {MOST_IMAGES} images"


def median_ranks(net: Contestant) -> Taken:
    """The median block's effective rank [T, 1] at the steps that it was taken at; NaN where a
    block's features are not finite."""
    taken = net.history.taken(RANK)
    values = taken.values.astype(np.float64)
    medians = np.median(values, axis=1, keepdims=True) if values.size else values[:, :0]
    return Taken(taken.steps, medians.astype(np.float32))


def can_tell(images: float) -> bool:
    """Whether few directions are few of so many images: their features fill one less at most."""
    return images > 2 * FEW_DIRECTIONS


def images_of(net: Contestant) -> float:
    """How many images the ranks are of; at least so many in a loop of one's own, whose minibatches
    nobody knows."""
    if net.batch_size is not None:
        return min(net.batch_size, MOST_IMAGES)
    seen = net.history.taken(RANK).values
    return 1 + float(np.max(seen, initial=0, where=np.isfinite(seen)))


def is_collapsed(rank: float, classes: int | None) -> bool:
    """Whether a net of so many classes (None: not known) needs more directions than that."""
    return rank <= FEW_DIRECTIONS and (classes is None or classes - 1 > FEW_DIRECTIONS)


def collapse(net: Net, steps: int) -> Iterator[str]:
    """What becomes of a net's features in the first `steps` steps; nothing where the records do
    not hold it at two of them in each seed, or of too few images."""
    if not can_tell(max(map(images_of, net.seeds))):
        return
    found = [_until(seed, steps) for seed in net.seeds]
    if min(len(ranks) for _, ranks in found) < 2:
        return
    first, last = int(found[0][0][0]), max(int(at[-1]) for at, _ in found)
    starts, ends = (Range.of([ranks[i] for _, ranks in found]) for i in (0, -1))
    words = [_word(ranks, net.seeds[0].classes) for _, ranks in found]
    said = max(words, key=words.count)
    if words.count(said) < len(words):
        said += f" (in {words.count(said)} of {len(words)} seeds)"
    way = "goes"
    if ends.is_below(starts):
        way = "falls"
    elif starts.is_below(ends):
        way = "rises"
    if not np.isfinite([starts, ends]).all():
        yield f"The features of {net.name} {said}: their effective rank is not known."
        return
    between = f"to {ends} (step {first} to {last})"
    if len(found) > 1:
        between = f"(step {first}) to {ends} (step {last})"
    yield (
        f"The features of {net.name} {said}: the median block's effective rank {way} from {starts} "
        f"{between}, {IMAGES}."
    )


def _until(net: Contestant, steps: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Steps and median ranks, of the first `steps` steps."""
    taken = median_ranks(net)
    rows = taken.steps <= net.history.steps[steps - 1]
    return taken.steps[rows], taken.values[rows].ravel()


def _word(ranks: NDArray[np.float32], classes: int | None) -> str:
    if not np.isfinite(ranks[[0, -1]]).all():
        return "are not finite"
    few = [is_collapsed(float(rank), classes) for rank in ranks]
    if few[-1]:
        return "are collapsed from the start" if few[0] else "collapse"
    if any(few):
        return "collapse on the way and come back"
    return "do not collapse"
