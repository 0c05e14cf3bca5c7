"""Component of our own: made of files that lie beside its module, and updated by one message.

Each element that a run of the script draws costs Streamlit half a millisecond, and thirty viewers
of a race ask twice a second. A component that takes news has `newest.js` in its script, and one
whose presses must not be lost has `wishes.js`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

_HERE = Path(__file__).parent
NEWEST_SCRIPT = (_HERE / "newest.js").read_text(encoding="utf-8")
WISHES_SCRIPT = (_HERE / "wishes.js").read_text(encoding="utf-8")
APP_ROOT_SCRIPT = (_HERE / "app_root.js").read_text(encoding="utf-8")
"""For components that fetch something of the server's: `appRoot()`."""


def component(
    module: str, name: str, *scripts: str, css: str = "", is_isolated: bool = True
) -> ComponentRenderer:
    """The component whose files NAME.js, .html and .css, if there are, lie beside a module (its
    `__file__`); `scripts` and `css` of others come before its own.

    One that `is_isolated` has a document of its own for its styles.
    """
    files = [Path(module).with_name(f"{name}.{kind}") for kind in ("html", "css", "js")]
    html, own, js = (file.read_text(encoding="utf-8") if file.is_file() else None for file in files)
    if not (html or js or scripts):
        raise FileNotFoundError(f"beside {module} is neither {name}.js nor {name}.html")
    script = "\n".join(filter(None, (*scripts, js)))
    style = css + (own or "")
    return st.components.v2.component(
        f"resnet_viz_{name}", html=html, css=style or None, js=script, isolate_styles=is_isolated
    )


_NEWS = component(__file__, "news")


def tell_news(key: str, news: Mapping[str, Mapping[str, object]], at: float) -> None:
    """Send components, by their keys, the data with which they would be drawn now, as was asked for
    `at` a moment of the browser's clock.

    A message may be lost, where the browser is busy: it is asked for again (stage_view.js). What is
    told is to be all that there is to know, and a chart asks where its figure's beginning is
    missing (live_chart.py).
    """
    _NEWS(key=key, data={"at": at, "news": json.dumps(news, separators=(",", ":"))})


def heard(key: str) -> int:
    """The number of the last wish that this session has heard of the component with a key."""
    return int(st.session_state.get(f"{key}_heard", 0))


def new_wishes(key: str) -> Iterator[Mapping[str, Any]]:
    """The wishes of a component (`wishes.js`) that are new, in their order; each comes once."""
    for wish in st.session_state[key].wishes or ():
        if wish["number"] > heard(key):
            st.session_state[f"{key}_heard"] = wish["number"]
            yield wish
