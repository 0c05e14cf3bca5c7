"""Source text of classes of nets/: read, not imported, so that torch is not needed."""

from __future__ import annotations

import ast
from functools import cache
from importlib.resources import files
from typing import NamedTuple

_IMPORTS = {
    "OrderedDict": "from collections import OrderedDict",
    "gcd": "from math import gcd",
    "torch": "import torch",
}


class _Class(NamedTuple):
    """A class: its syntax tree, its text, and the names in it."""

    node: ast.ClassDef
    text: str
    names: frozenset[str]


def classes(code: str) -> list[str]:
    """The texts of the classes of nets/ that `code` names, and of those that they name in turn."""
    names, needed = set(_names(ast.parse(code))), list[str]()
    for name, pasted in reversed(_classes().items()):  # a class stands below those it names
        if name in names:
            names |= pasted.names
            needed.append(pasted.text)
    return needed[::-1]


def parameters(name: str) -> list[str]:
    """The parameters of the constructor of a class of nets/."""
    node = _classes()[name].node
    for statement in node.body:
        if isinstance(statement, ast.FunctionDef) and statement.name == "__init__":
            return [argument.arg for argument in statement.args.args[1:]]
    return parameters(ast.unparse(node.bases[0]))


def imports(code: str) -> str:
    """The import statements that `code` needs."""
    names = _names(ast.parse(code))
    needed = {name: line for name, line in _IMPORTS.items() if name in names}
    torch = needed.pop("torch", "")
    lines = (*needed.values(), "", *filter(None, [torch]), "from torch import Tensor, nn")
    return "\n".join(lines)


@cache
def _classes() -> dict[str, _Class]:
    """By name, those of the layers first."""
    classes_by_name: dict[str, _Class] = {}
    for name in ("layers.py", "blocks.py"):
        text = (files("resnet_viz.nets") / name).read_text(encoding="utf-8")
        for node in ast.parse(text).body:
            if isinstance(node, ast.ClassDef):
                classes_by_name[node.name] = _Class(
                    node, ast.get_source_segment(text, node) or "", _names(node)
                )
    return classes_by_name


def _names(tree: ast.AST) -> frozenset[str]:
    return frozenset(node.id for node in ast.walk(tree) if isinstance(node, ast.Name))
