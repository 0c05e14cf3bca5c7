"""Words for the faults of the student's program, and for the programs that are run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from resnet_viz.experiments.student_notebook.program import Fault
from resnet_viz.lessons.notebook_slot import YOURS
from resnet_viz.text import Words


class FaultWords(NamedTuple):
    """A fault: in a few words, and in a sentence or two."""

    title: str
    sentence: str


def fault_words(words: Words) -> Mapping[Fault, FaultWords]:
    """What is wrong, fault by fault."""
    return {
        "name": FaultWords(
            words("A name that does not exist"),
            words(
                "forward asks for dim_inc, which only existed while the block was built. "
                "It has to be kept as self.dim_inc."
            ),
        ),
        "addition": FaultWords(
            words("The forgotten addition"),
            words("The shortcut is computed, but never added to the branch's output."),
        ),
        "stride": FaultWords(
            words("A stride that is never 2"),
            words(
                "dim_inc is True or False, so it never equals 2. No stage after the first halves "
                "its maps."
            ),
        ),
        "projection": FaultWords(
            words("A ReLU in the projection"),
            words(
                "Where dimensions rise, the shortcut loses everything negative. The paper's "
                "projection is linear."
            ),
        ),
        "spelling": FaultWords(
            words("A misspelt attribute"),
            words("The layer is stored as clssifier, but forward asks for classifier."),
        ),
        "pooling": FaultWords(
            words("Pooling that does not pool"),
            words(
                "Average pooling with kernel 1 returns its input, and nothing flattens the maps "
                "before the linear layer."
            ),
        ),
        "blocks": FaultWords(
            words("Six blocks instead of three"),
            words("The paper's ResNet-34 has three blocks in conv5_x."),
        ),
    }


def program_words(words: Words) -> Mapping[str, str]:
    """What the programs are called that stand side by side, in their order."""
    return {
        "written": words("as written"),
        "made_to_run": words("as written, errors mended"),
        YOURS: words("yours"),
        "meant": words("as meant"),
        "paper": words("as in the paper"),
    }
