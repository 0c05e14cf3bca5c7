"""MathML of a formula in TeX: browsers draw it themselves, without a script from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape

_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|[{}^_]|[A-Za-z]|\d+(?:\.\d+)?|\S")
_SIGNS: Mapping[str, str] = {
    **{
        name: chr(0x3B1 + i)
        for i, name in enumerate(["alpha", "beta", "gamma", "delta", "epsilon"])
    },
    **{"zeta": "ζ", "eta": "η", "theta": "θ", "lambda": "λ", "sigma": "\u03c3", "pi": "π"},
    **{"partial": "∂", "nabla": "∇", "cdot": "·", "sum": "∑", "top": "⊤", "in": "∈"},  # noqa: RUF001
    **{"to": "→", "leftarrow": "←", "|": "‖", "{": "{", "}": "}"},
}
_NAMES = ("exp", "ln", "cos", "lim", "log")
_SPACES: Mapping[str, str] = {",": ".17em", ";": ".28em", "quad": "1em", "qquad": "2em"}
_SIZES = ("Big", "big", "left", "right")


def mathml(tex: str) -> str:
    r"""A `<math>` element.

    Raises:
        ValueError: for a command that is not known here.
    """
    reader = _Reader(tex)
    return f'<math display="block"><mrow>{reader.row()}</mrow></math>'


class _Reader:
    """The tokens of a formula, and how far they are read."""

    def __init__(self, tex: str) -> None:
        self._tex = tex
        self._at = 0

    def row(self) -> str:
        """What comes until the group ends."""
        parts: list[str] = []
        while (token := self._next()) not in ("", "}"):
            if token in "^_":
                base = parts.pop() if parts else "<mrow></mrow>"
                parts.append(self._scripts(base, token))
            else:
                parts.append(self._one(token))
        return "".join(parts)

    def _next(self) -> str:
        match = _TOKEN.search(self._tex, self._at)
        if match is None:
            self._at = len(self._tex)
            return ""
        self._at = match.end()
        return match[0]

    def _peek(self) -> str:
        match = _TOKEN.search(self._tex, self._at)
        return match[0] if match else ""

    def _group(self) -> str:
        token = self._next()
        return f"<mrow>{self.row()}</mrow>" if token == "{" else self._one(token)

    def _text(self) -> str:
        begin = self._tex.index("{", self._at) + 1
        self._at = self._tex.index("}", begin) + 1
        return escape(self._tex[begin : self._at - 1])

    def _scripts(self, base: str, kind: str) -> str:
        first = self._group()
        if self._peek() in "^_" and self._peek() not in ("", kind):
            self._next()
            second = self._group()
            below, above = (first, second) if kind == "_" else (second, first)
            return f"<msubsup>{base}{below}{above}</msubsup>"
        tag = "msub" if kind == "_" else "msup"
        return f"<{tag}>{base}{first}</{tag}>"

    def _one(self, token: str) -> str:
        if token == "{":
            return f"<mrow>{self.row()}</mrow>"
        if not token.startswith("\\"):
            tag = "mi" if token.isalpha() else "mn" if token[0].isdigit() else "mo"
            return f"<{tag}>{escape(token)}</{tag}>"
        return self._command(token[1:])

    def _command(self, name: str) -> str:
        if name in ("frac", "tfrac"):
            return f"<mfrac>{self._group()}{self._group()}</mfrac>"
        if name == "binom":
            pair = f'<mfrac linethickness="0">{self._group()}{self._group()}</mfrac>'
            return f"<mrow><mo>(</mo>{pair}<mo>)</mo></mrow>"
        if name == "overline":
            return f"<mover>{self._group()}<mo>‾</mo></mover>"
        if name in ("text", "mathrm"):
            return f"<mtext>{self._text()}</mtext>"
        return _sign(name)


def _sign(name: str) -> str:
    if name in _SPACES:
        return f'<mspace width="{_SPACES[name]}"/>'
    if name in _SIZES:
        return ""
    if name in _NAMES:
        return f"<mi>{name}</mi>"
    if name in _SIGNS:
        tag = "mi" if _SIGNS[name].isalpha() else "mo"
        return f"<{tag}>{_SIGNS[name]}</{tag}>"
    raise ValueError(f"\\{name} is not known: add it to {__name__}")
