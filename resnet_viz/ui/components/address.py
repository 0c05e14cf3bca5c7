"""Address of a page: a query that is completed without an entry of the browser's history."""

from __future__ import annotations

from collections.abc import Mapping

from resnet_viz.ui.components.component import component

_ADDRESS = component(__file__, "address")


def complete_address(page: str, query: Mapping[str, str]) -> None:
    """Put `query` into the address of `page` in the browser, if nothing of it is there."""
    _ADDRESS(key="address", data={"page": page, "query": dict(query)})
