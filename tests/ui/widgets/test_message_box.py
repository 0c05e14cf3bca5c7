"""What goes through `message_box` is text, and everything that is said goes through it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from resnet_viz.ui.widgets.markdown import plain

ROOT = Path(__file__).parents[3]
BOXES = {"error", "warning", "info", "success", "exception"}


def _boxes(tree: ast.AST) -> Iterator[int]:
    """The lines that put a box up without `message_box`, called or passed on; `_LOG` is a log."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in BOXES:
            name = node.value.id if isinstance(node.value, ast.Name) else ""
            if name not in ("message_box", "_LOG"):
                yield node.lineno


@pytest.mark.parametrize("folder", ["resnet_viz/ui", "pages"])
def test_no_page_puts_a_box_up_by_itself(folder: str) -> None:
    """Text from a link, a file or a process would be read as Markdown."""
    files = sorted((ROOT / folder).rglob("*.py"))
    assert len(files) > 3
    found = [
        f"{file.relative_to(ROOT)}:{line}"
        for file in files
        if file.name != "message_box.py"
        for line in _boxes(ast.parse(file.read_text(encoding="utf-8")))
    ]
    assert found == []


def test_the_search_finds_a_box() -> None:
    assert list(_boxes(ast.parse("st.error('x')\nmessage_box.error('x')\nline.info('y')"))) == [
        1,
        3,
    ]


@pytest.mark.parametrize("kind", ["error", "warning", "info", "success"])
def test_a_box_holds_text_unless_told_otherwise(kind: str) -> None:
    def page(kind: str) -> None:
        from resnet_viz.ui.widgets import message_box

        show = getattr(message_box, kind)
        show("![x](http://host/x.png)")
        show("**ours**", markdown=True)

    at = AppTest.from_function(page, kwargs={"kind": kind}).run()
    assert not at.exception
    first, second = (box.value for box in getattr(at, kind))
    assert first == plain("![x](http://host/x.png)")
    assert second == "**ours**"


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("![x](http://host/x.png)", "\\!\\[x\\]\\(http\\://\N{WORD JOINER}host/x.png\\)"),
        ("www.host.org", "www\N{WORD JOINER}.host.org"),
        ("me@host.org", "me\N{WORD JOINER}@host.org"),
        ("<img src=x>", r"\<img src=x\>"),
        ("a_b*[c] $x$ `d` ~e~ | #", r"a\_b\*\[c\] \$x\$ \`d\` \~e\~ \| \#"),
        ("&lt; \\", r"\&lt; \\"),
        ("- no list", r"\- no list"),
        ("1. no list", r"1\. no list"),
        ("one\n---\ntwo", "one --- two"),
        ("    no code", "no code"),
        ("1x1, resnet56-cifar and 0.1", "1x1, resnet56-cifar and 0.1"),
    ],
)
def test_markup_is_escaped(text: str, escaped: str) -> None:
    assert plain(text) == escaped
