"""Stage scripts: ES modules, served one by one or joined into one for pages without a server."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

FOLDER = Path(__file__).parent / "scripts"
ENTRY = "stage.js"
_IMPORT = re.compile(r'^import \{[^}]*\} from "\./(?P<file>[\w.]+)"\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(class|const|function) )", re.MULTILINE)


@lru_cache(maxsize=1)
def style() -> str:
    """The stage's style sheet."""
    return (FOLDER / "stage.css").read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def one_module() -> str:
    """All modules as one script of a page, which has `mount` as a constant: each module after those
    that it imports, its names in a scope of its own."""
    parts = [_scoped(file) for file in _in_order(ENTRY)]
    return "\n".join([*parts, f"const {{ mount }} = {_scope(ENTRY)}\n"])


def _in_order(file: str) -> list[str]:
    """The modules that `file` needs, and itself, each once and after its own."""
    order: list[str] = []
    for needed in _IMPORT.findall(_text(file)):
        order += [one for one in _in_order(needed) if one not in order]
    return [*order, file]


def _scoped(file: str) -> str:
    """A module as a constant that holds its exports."""
    text = _text(file)
    names = re.findall(r"^export (?:class|const|function) (\w+)", text, re.MULTILINE)
    imports = re.sub(
        r'^import (\{[^}]*\}) from "\./([\w.]+)"\n',
        lambda found: f"const {found[1]} = {_scope(found[2])}\n",
        text,
        flags=re.MULTILINE,
    )
    body = _EXPORT.sub("", imports)
    return f"const {_scope(file)} = (() => {{\n{body}\nreturn {{ {', '.join(names)} }}\n}})()"


def _scope(file: str) -> str:
    return f"from_{file.removesuffix('.js')}"


def _text(file: str) -> str:
    return (FOLDER / file).read_text(encoding="utf-8")
