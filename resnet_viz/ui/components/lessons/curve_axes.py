"""Curve axes: the script and the style that pictures of readers' curves share."""

from pathlib import Path

_FILE = Path(__file__)
SCRIPT = _FILE.with_suffix(".js").read_text(encoding="utf-8")
STYLE = _FILE.with_suffix(".css").read_text(encoding="utf-8")
