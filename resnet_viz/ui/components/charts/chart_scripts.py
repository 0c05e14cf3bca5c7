"""Chart scripts, served from where they are installed: no CDN, and no copies.

A browser keeps a script for a year, because its address names the scripts' version. Where the
server has no such routes, charts are Streamlit's own (live_chart.py).
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

import plotly
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from resnet_viz.figures.style import DARK_COLOURS, LEGEND_ROOM
from resnet_viz.stage.scripts import one_module, style

FOLDER = "chart_scripts"
"""Where a browser finds them, relative to the app; `static` is Streamlit's."""
PLOTLY, LIVE_CHART, CHART_FILES = "plotly.min.js", "live_chart.js", "chart_files.js"
STAGE = "stage.js"
_HERE = Path(__file__).parent
_PARTS = (
    *(_HERE / f"{name}.js" for name in ("live_chart", "chart_data", "chart_looks")),
    *(_HERE / f"{name}.js" for name in ("chart_moving", "chart_pointing", "chart_tools")),
    LEGEND_ROOM,
    DARK_COLOURS,
)
_FILES: Mapping[str, Sequence[Path]] = {
    PLOTLY: (Path(plotly.__file__).parent / "package_data" / PLOTLY,),
    LIVE_CHART: _PARTS,
    CHART_FILES: (_HERE / CHART_FILES,),
}
"""The scripts by name, and the files that each is made of, one after the other."""
_FOR_A_YEAR, _ASK_AGAIN = "public, max-age=31536000, immutable", "no-cache"
_served_at: set[str] = set()


def routes(base_path: str = "") -> Sequence[BaseRoute]:
    """Routes of the scripts on a server whose app is at `base_path`; from then on this process
    counts as such a server."""
    _served_at.add(base_path)
    folder = "/".join(filter(None, (base_path.strip("/"), FOLDER)))
    return (Route(f"/{folder}/{{version}}/{{name}}", _answer),)


def are_served() -> bool:
    """Whether this process is a server with these `routes`."""
    return bool(_served_at)


def _text(name: str) -> bytes:
    return _made()[name] if name in _made() else b"".join(f.read_bytes() for f in _FILES[name])


@lru_cache(maxsize=1)
def _made() -> Mapping[str, bytes]:
    """Scripts that are no files as they are: the stage's modules as one, with its style sheet."""
    names = "export { mount, filmSteps, filmPicture }"
    styled = f"{one_module()}\n{names}\nexport const style = {json.dumps(style())}\n"
    return {STAGE: styled.encode()}


@lru_cache(maxsize=1)
def version() -> str:
    """A version string that changes with the content of the scripts."""
    return blake2b(b"".join(map(_text, (*_FILES, STAGE))), digest_size=6).hexdigest()


def _answer(request: Request) -> Response:
    """A script, or that there is none; Starlette runs this in a thread, as it is no coroutine."""
    name = request.path_params["name"]
    if name not in (*_FILES, STAGE):
        return Response("There is no such script", 404)
    is_current = request.path_params["version"] == version()
    headers = {
        "cache-control": _FOR_A_YEAR if is_current else _ASK_AGAIN,
        "etag": f'"{version()}"',
        "vary": "accept-encoding",
    }
    if headers["etag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    body = _text(name)
    if "gzip" in request.headers.get("accept-encoding", ""):
        body, headers["content-encoding"] = _compressed(name), "gzip"
    return Response(body, headers=headers, media_type="text/javascript")


@lru_cache(maxsize=len(_FILES) + 1)
def _compressed(name: str) -> bytes:
    """Once: Streamlit would compress plotly's five megabytes at each request."""
    return gzip.compress(_text(name), mtime=0)
