"""The charts' scripts as a browser is given them: whole, once a version, at any base path."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import plotly
import pytest

from resnet_viz.ui.components.charts import chart_scripts
from tests.ui.server.conftest import Serve, Server

INSTALLED = (Path(plotly.__file__).parent / "package_data/plotly.min.js").read_bytes()
SCRIPTS = f"/chart_scripts/{chart_scripts.version()}"
COMPONENTS = Path(chart_scripts.__file__).parent


@pytest.fixture(scope="module", params=["", "/nets"])
def base(request: pytest.FixtureRequest) -> str:
    path: str = request.param
    return path


@pytest.fixture(scope="module")
def based(serve: Serve, base: str) -> Server:
    """A server at a base path."""
    return serve(f"--server.baseUrlPath={base}", health=f"{base}/_stcore/health")


@pytest.mark.flaky(reruns=1, reason="processes: a server")
def test_plotly_is_the_installed_one(based: Server, base: str) -> None:
    plain = based.ask(f"{base}{SCRIPTS}/plotly.min.js")
    assert plain.body == INSTALLED
    assert plain.headers["content-type"].startswith("text/javascript")
    packed = based.ask(f"{base}{SCRIPTS}/plotly.min.js", headers={"Accept-Encoding": "br, gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert len(packed.body) < len(INSTALLED) / 2
    assert gzip.decompress(packed.body) == INSTALLED


@pytest.mark.flaky(reruns=1, reason="processes: a server")
def test_a_browser_keeps_a_script_of_this_version_alone(based: Server, base: str) -> None:
    now = based.ask(f"{base}{SCRIPTS}/live_chart.js")
    assert "immutable" in now.headers["cache-control"]
    assert b"export default" in now.body
    assert now.body.startswith((COMPONENTS / "live_chart.js").read_bytes())
    other = based.ask(f"{base}/chart_scripts/0ther/live_chart.js")
    assert (other.body, other.headers["cache-control"]) == (now.body, "no-cache")
    known = {"If-None-Match": f'"x", {now.headers["etag"]}'}
    same = based.ask(f"{base}/chart_scripts/0ther/live_chart.js", headers=known)
    assert (same.status, same.body) == (304, b"")


@pytest.mark.flaky(reruns=1, reason="processes: a server")
@pytest.mark.parametrize("name", ["live_chart.py", "..%2Flive_chart.py", "chart_data.js", ""])
def test_nothing_else_is_served(based: Server, base: str, name: str) -> None:
    answer = based.ask(f"{base}{SCRIPTS}/{name}")
    assert b"import" not in answer.body


def test_charts_load_what_is_served() -> None:
    """The addresses in the scripts are the routes': a name that is not served is a typing error."""
    loader = (COMPONENTS / "live_chart_loader.js").read_text(encoding="utf-8")
    assert f'"{chart_scripts.FOLDER}/VERSION/{chart_scripts.LIVE_CHART}"' in loader
    own = "".join(file.read_text(encoding="utf-8") for file in COMPONENTS.glob("*.js"))
    beside = set(re.findall(r'new URL\("([^"]+)", import\.meta\.url\)', own))
    assert beside == {chart_scripts.PLOTLY, chart_scripts.CHART_FILES}
