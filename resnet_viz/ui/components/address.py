"""Address of a page: a query that is written without an entry of the browser's history."""

from __future__ import annotations

from collections.abc import Mapping

from resnet_viz.ui.components.component import component

_ADDRESS = component(__file__, "address")


def replace_address(page: str, query: Mapping[str, str]) -> None:
    """Put `query` into the address of `page` in the browser, instead of what is there."""
    _ADDRESS(key="address", data={"page": page, "query": dict(query)})
