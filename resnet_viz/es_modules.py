"""ES modules: the scripts that draw in a browser, joined into one for pages without a server."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

_IMPORT = re.compile(r'^import (?P<names>\{[^}]*\}) from "\./(?P<file>[\w.]+)"\n', re.MULTILINE)
_EXPORTED = re.compile(r"^export (?:class|const|(?:async )?function) (\w+)", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(class|const|async|function) )", re.MULTILINE)


@lru_cache(maxsize=16)
def joined(folder: Path, *entries: str) -> str:
    """The modules of a folder that `entries` need as one script of a page, which has what the
    entries export as constants: each module after those that it imports, its names in a scope of
    its own."""
    order: list[str] = []
    for entry in entries:
        order += [file for file in _in_order(folder, entry) if file not in order]
    exported = [(file, name) for file in entries for name in _EXPORTED.findall(_text(folder, file))]
    held = ", ".join(name for _, name in exported)
    given = ", ".join(f"{name}: {_scope(file)}.{name}" for file, name in exported)
    parts = [_scoped(folder, file) for file in order]
    return "\n".join([f"const {{ {held} }} = (() => {{", *parts, f"return {{ {given} }}\n}})()\n"])


def _in_order(folder: Path, file: str) -> list[str]:
    """The modules that `file` needs, and itself, each once and after its own."""
    order: list[str] = []
    for _, needed in _IMPORT.findall(_text(folder, file)):
        order += [one for one in _in_order(folder, needed) if one not in order]
    return [*order, file]


def _scoped(folder: Path, file: str) -> str:
    """A module as a constant that holds its exports."""
    text = _text(folder, file)
    names = ", ".join(_EXPORTED.findall(text))
    imported = _IMPORT.sub(
        lambda found: f"const {_renamed(found['names'])} = {_scope(found['file'])}\n", text
    )
    body = _EXPORT.sub("", imported)
    return f"const {_scope(file)} = (() => {{\n{body}\nreturn {{ {names} }}\n}})()"


def _renamed(names: str) -> str:
    """Names of an import as those of a destructured constant: "{ mount as draw }"."""
    return names.replace(" as ", ": ")


def _scope(file: str) -> str:
    return f"from_{file.removesuffix('.js')}"


def _text(folder: Path, file: str) -> str:
    return (folder / file).read_text(encoding="utf-8")
