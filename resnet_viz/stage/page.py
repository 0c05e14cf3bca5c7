"""Stage page: a race's stage as one self-contained HTML file, which plays without a server."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from typing import Any

from resnet_viz.stage.scripts import one_module, style

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark }}
body {{ margin: 0; background: light-dark(#fff, #0f151c) }}
#stage {{ padding: 10px 16px }}
@media (min-width: 732px) {{ #stage {{ height: 100dvh }} }}
{style}</style>
<div id="stage"></div>
<script type="application/json" id="race">{message}</script>
<script type="module">
{script}
const race = JSON.parse(document.getElementById("race").textContent)
window.stage = mount(document.getElementById("stage"), race, {options})
window.filmSteps = filmSteps
</script>
</html>
"""


def stage_page(
    message: Mapping[str, Any], title: str, options: Mapping[str, object] | None = None
) -> str:
    """The page of a whole message; `options` are those of stage.js's `mount`."""
    return _PAGE.format(
        title=escape(title),
        style=style(),
        message=json.dumps(message, allow_nan=False).replace("<", "\\u003c"),
        script=one_module(),
        options=json.dumps(dict(options or {})),
    )
