"""Python expressions, laid out as `ruff format` leaves them, in lines of up to 100 characters."""

from __future__ import annotations

from dataclasses import dataclass

LINE_LENGTH = 100
_STEP = " " * 4


@dataclass(frozen=True)
class Call:
    """A call `name(argument, ...)`; `name` may begin with a keyword, as in "conv=nn.Conv2d"."""

    name: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True)
class Repeated:
    """A starred comprehension `*(body for variable in numbers)`, an argument of a call."""

    body: Expression
    variable: str
    numbers: str


Expression = str | Call | Repeated


def call(name: str, *arguments: Expression | int) -> Call:
    """The call of `name` with `arguments`; empty ones are left out."""
    texts = (str(a) if isinstance(a, int) else a for a in arguments)
    return Call(name, tuple(argument for argument in texts if argument != ""))


def one_line(expression: Expression) -> str:
    """The expression on one line, however long."""
    if isinstance(expression, Call):
        return f"{expression.name}({', '.join(map(one_line, expression.arguments))})"
    if isinstance(expression, Repeated):
        return f"*({one_line(expression.body)} {_loop(expression)})"
    return expression


def laid_out(expression: Expression, indent: str = "", before: str = "", after: str = "") -> str:
    """`before`, the expression and `after` on as few lines as the formatter takes."""
    text = f"{indent}{before}{one_line(expression)}{after}"
    if len(text) <= LINE_LENGTH or isinstance(expression, str):
        return text
    if isinstance(expression, Repeated):
        return f"{indent}{before}*(\n{_loop_lines(expression, indent + _STEP)}\n{indent}){after}"
    inside = _arguments(expression.arguments, indent + _STEP)
    return f"{indent}{before}{expression.name}(\n{inside}\n{indent}){after}"


def _loop(repeated: Repeated) -> str:
    return f"for {repeated.variable} in {repeated.numbers}"


def _loop_lines(repeated: Repeated, indent: str) -> str:
    text = f"{indent}{one_line(repeated.body)} {_loop(repeated)}"
    if len(text) <= LINE_LENGTH:
        return text
    return f"{laid_out(repeated.body, indent)}\n{indent}{_loop(repeated)}"


def _arguments(arguments: tuple[Expression, ...], indent: str) -> str:
    """All on one line where they fit, else one a line, each with a comma unless it is alone."""
    text = indent + ", ".join(map(one_line, arguments))
    if len(text) <= LINE_LENGTH:
        return text
    comma = "," if len(arguments) > 1 else ""
    return "\n".join(laid_out(argument, indent, after=comma) for argument in arguments)
