"""Rows of classes: readers who see together what each of them has predicted.

A class has a short code, and a day after it was opened its rows are deleted. Of a reader a vote has
a hash alone, which differs from class to class. Whatever writes is for within the caller's
transaction, `forget_old` excepted.
"""

from __future__ import annotations

import json
import re
import secrets
import sqlite3
import time
from collections.abc import Sequence

from resnet_viz.text import shorten

Guess = str | Sequence[float]
"""The name of a choice, or the heights of a drawn curve."""
LETTERS = "CDFGHJKMNPQRTVWXY34679"
"""Letters of codes: none looks like another, and no vowel makes a word of them."""
LENGTH = 6
KEPT_SECONDS = 24 * 3600.0
MOST_OPEN = 10
"""Classes of one visitor at a time; the owner, who is the asker "", may have any number."""
MOST_CLASSES = 1_000
MOST_READERS = 300
MOST_PREDICTIONS = 100
MOST_CHARACTERS = 2_000
_PREDICTION = re.compile(r"[a-z0-9_.]{1,60}", re.ASCII)


def open_class(connection: sqlite3.Connection, link: str, asker: str) -> str:
    """Open a class; its code. `link` is what its readers' link says besides.

    Raises:
        ValueError: if there are too many classes, or the link is too long.
    """
    forget_old(connection)
    if len(link) > MOST_CHARACTERS:
        raise ValueError(f"the link has {len(link):,} characters; allowed: {MOST_CHARACTERS:,}")
    count = "SELECT count(*) FROM classes"
    if connection.execute(count).fetchone()[0] >= MOST_CLASSES:
        raise ValueError(f"{MOST_CLASSES:,} classes are open here, and no more are allowed")
    mine = connection.execute(f"{count} WHERE asker = ?", (asker,)).fetchone()[0]
    if asker and mine >= MOST_OPEN:
        raise ValueError(f"you have {MOST_OPEN} classes open, the most allowed; close one")
    code = _new_code()
    while connection.execute("SELECT 1 FROM classes WHERE code = ?", (code,)).fetchone():
        code = _new_code()
    row = (code, asker, time.time(), link)
    connection.execute("INSERT INTO classes (code, asker, created, link) VALUES (?, ?, ?, ?)", row)
    return code


def _new_code() -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(LENGTH))


def forget_old(connection: sqlite3.Connection) -> None:
    """Delete the classes that were opened more than a day ago, with their votes."""
    old = "SELECT code FROM classes WHERE abs(? - created) > ?"
    for (code,) in connection.execute(old, (time.time(), KEPT_SECONDS)).fetchall():
        close_class(connection, code)


def close_class(connection: sqlite3.Connection, code: str) -> None:
    """Delete a class with its votes; one that is gone is left so."""
    connection.execute("DELETE FROM classes WHERE code = ?", (code,))
    connection.execute("DELETE FROM class_votes WHERE code = ?", (code,))


def link_of(connection: sqlite3.Connection, code: str) -> str:
    """What the link of a class's readers says besides its code.

    Raises:
        ValueError: if no class of that code is open.
    """
    query = "SELECT link FROM classes WHERE code = ? AND abs(? - created) <= ?"
    row = connection.execute(query, (code, time.time(), KEPT_SECONDS)).fetchone()
    if row is None:
        raise ValueError(
            f"no class with the code {shorten(code)} is open; a class is closed after a day"
        )
    return str(row["link"])


def vote(
    connection: sqlite3.Connection, code: str, prediction: str, reader: str, guess: Guess
) -> None:
    """Count a reader's guess in a class, in place of an earlier one about the same prediction.

    Raises:
        ValueError: if no such class is open, or it is full, and for what is no guess.
    """
    link_of(connection, code)
    text = json.dumps(guess, allow_nan=False)
    if not _PREDICTION.fullmatch(prediction) or len(text) > MOST_CHARACTERS:
        raise ValueError(f"a guess about {shorten(prediction)} cannot be counted")
    others = "SELECT count(DISTINCT {}) FROM class_votes WHERE code = ? AND {} <> ?"
    for column, value, most, what in (
        ("reader", reader, MOST_READERS, "readers"),
        ("prediction", prediction, MOST_PREDICTIONS, "predictions"),
    ):
        count = connection.execute(others.format(column, column), (code, value)).fetchone()[0]
        if count >= most:
            raise ValueError(f"the class has {most} {what}, the most allowed")
    connection.execute(
        "INSERT INTO class_votes (code, prediction, reader, guess) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (code, prediction, reader) DO UPDATE SET guess = excluded.guess",
        (code, prediction, reader, text),
    )


def votes(connection: sqlite3.Connection, code: str, prediction: str) -> Sequence[Guess]:
    """The guesses of a class about a prediction, in no order that tells of a reader.

    Raises:
        ValueError: if no such class is open.
    """
    link_of(connection, code)
    query = "SELECT guess FROM class_votes WHERE code = ? AND prediction = ? ORDER BY reader"
    return [json.loads(text) for (text,) in connection.execute(query, (code, prediction))]
