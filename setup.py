"""Build of the package: what PyPI shows of README.md, and links; all else is in pyproject.toml.

PyPI knows no files beside the text. Where pyproject.toml has the project's address, links and
pictures lead there; without one, pictures are left out, and links become their words.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from setuptools import setup

HERE = Path(__file__).parent
_PICTURES = re.compile(r"<!-- pictures -->.*?<!-- /pictures -->\n*", re.DOTALL)
_LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)#:\s]+)((?:#[^)]*)?)\)")
_COMMENT = re.compile(r"<!-- /?pictures -->\n*")


def readme(text: str, address: str) -> str:
    """The README as it reads away from the repository, which is at `address`, or nowhere."""
    if not address:
        text = _PICTURES.sub("", text)

    def lead(match: re.Match[str]) -> str:
        mark, words, path, part = match.groups()
        if not address:
            return "" if mark else words
        kind = "raw" if path.endswith((".png", ".webp")) else "blob"
        return f"{mark}[{words}]({address}/{kind}/main/{path}{part})"

    return _LINK.sub(lead, _COMMENT.sub("", text))


def urls(address: str) -> dict[str, str]:
    """The links beside the text; none where the project has no address."""
    if not address:
        return {}
    changes = f"{address}/blob/main/CHANGELOG.md"
    return {"Homepage": address, "Changelog": changes, "Issues": f"{address}/issues"}


SETTINGS = tomllib.loads((HERE / "pyproject.toml").read_text(encoding="utf-8"))
ADDRESS: str = SETTINGS["tool"]["resnet-viz"]["address"].rstrip("/")
setup(
    long_description=readme((HERE / "README.md").read_text(encoding="utf-8"), ADDRESS),
    long_description_content_type="text/markdown",
    project_urls=urls(ADDRESS),
)
