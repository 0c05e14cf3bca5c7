"""What PyPI shows: the package's metadata, with the project's address and without."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from email import message_from_string
from email.message import Message
from pathlib import Path

import pytest

import resnet_viz

ROOT = Path(__file__).parents[2]
BUILD = "from setuptools import build_meta; build_meta.prepare_metadata_for_build_wheel('.')"
SET = 'address = ""'
LINK = re.compile(r"\]\(([^)]+)\)")


def metadata(folder: Path, address: str) -> Message:
    """METADATA as the build of a wheel writes it, where the project has that address."""
    for name in ("setup.py", "README.md", "LICENSE", "resnet_viz/__init__.py"):
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    settings = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert settings.count(f"\n{SET}\n") == 1
    settings = settings.replace(SET, f'address = "{address}"')
    (folder / "pyproject.toml").write_text(settings, encoding="utf-8")
    subprocess.run([sys.executable, "-c", BUILD], cwd=folder, check=True, capture_output=True)
    (file,) = folder.glob("*.dist-info/METADATA")
    return message_from_string(file.read_text(encoding="utf-8"))


def test_without_an_address_there_are_no_pictures_and_no_dead_links(tmp_path: Path) -> None:
    found = metadata(tmp_path, "")
    text = str(found.get_payload())
    assert found["Version"] == resnet_viz.__version__
    assert found["License-Expression"] == "MIT"
    assert found.get_all("Project-URL") is None
    assert "<!--" not in text
    assert "docs/images" not in text
    assert "A real race, step by step" not in text
    links = LINK.findall(text)
    assert links
    assert [link for link in links if not link.startswith("https://")] == []
    assert "The pages describes each" in text


def test_the_changelogs_newest_version_is_this_one() -> None:
    """Above it may stand what is not released yet."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    version, date = re.findall(r"^## (\d[\w.]*)(.*)$", text, re.MULTILINE)[0]
    assert version == resnet_viz.__version__
    assert re.fullmatch(r" \(\d{4}-\d{2}-\d{2}\)", date)


@pytest.mark.parametrize("address", ["https://example.org/resnet_viz/"])
def test_with_an_address_all_leads_there(tmp_path: Path, address: str) -> None:
    found = metadata(tmp_path, address)
    text = str(found.get_payload())
    at = address.rstrip("/")
    urls = dict(line.split(", ") for line in found.get_all("Project-URL") or ())
    assert urls["Homepage"] == at
    assert f"({at}/raw/main/docs/images/stage.webp)" in text
    assert f"({at}/blob/main/CONTRIBUTING.md)" in text
    own = [link for link in LINK.findall(text) if link.startswith(at)]
    assert own
    paths = [re.sub(r"^/(raw|blob)/main/", "", link.removeprefix(at)) for link in own]
    assert [path for path in paths if not (ROOT / path).exists()] == []
