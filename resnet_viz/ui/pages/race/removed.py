"""Removed blocks of the nets of a race, as a session and its link have them.

`without=0:stages.1.1,0:stages.0.2,1:stages.0.2`: the place of a run in the race and a block of its
net, in the order in which they were removed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import streamlit as st

WITHOUT = "race_without"
"""The session's key for what the link says."""
WANTED = "race_lesion_wanted"
"""The session's key for the place of the run whose effect the graphs are to ask for."""
_MOVES = "race_without_moves"
_ONE = re.compile(r"(\d{1,3}):(stages\.\d{1,4}\.\d{1,5})", re.ASCII)


def are_blocks(text: str) -> bool:
    """Whether a link can say this of removed blocks."""
    return all(map(_ONE.fullmatch, text.split(",")))


def removed() -> dict[int, list[str]]:
    """The removed blocks, by the places of the runs, each once."""
    found: dict[int, list[str]] = {}
    for at, block in dict.fromkeys(_ONE.findall(st.session_state.get(WITHOUT) or "")):
        found.setdefault(int(at), []).append(block)
    return found


def remove(blocks: Mapping[int, Sequence[str]], move: int = 0) -> None:
    """Let exactly these be removed, by the places of their runs; `move` is the count of changes
    from then on, where the stage has counted."""
    text = ",".join(f"{at}:{one}" for at in sorted(blocks) for one in blocks[at])
    st.session_state[WITHOUT] = text or None
    st.session_state[_MOVES] = max(moves() + 1, move)


def moves() -> int:
    """How often this session changed them, so that the stage knows which state is newer."""
    return int(st.session_state.get(_MOVES, 0))


def toggle(place: int, block: str) -> None:
    """Remove one more block of the net of the run at a place, or put it back."""
    before = removed()
    own = before.get(place, [])
    after = [one for one in own if one != block] if block in own else [*own, block]
    remove(before | {place: after})
    if after:
        st.session_state[WANTED] = place


def delete(place: int, block: str) -> None:
    """Remove the block there in place of those before; "" puts them back."""
    remove(removed() | {place: [block] if block else []})
    if block:
        st.session_state[WANTED] = place
