"""What is said of the gradients in a race: the words of the claims that gradient_flow.py makes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from resnet_viz.findings.claim import Claim


def _gradient(claim: Claim) -> str:
    return claim.details["text"]


GRADIENT_WORDS: Mapping[str, Callable[[Claim], str]] = MappingProxyType({"gradient": _gradient})
"""A claim's kind -> how it is said."""
