"""Slot: what all slots of a lesson have in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,30}$")]
Sentence = Annotated[str, Field(min_length=1, max_length=600)]
MAIN = "main"
"""What a lesson's measurement is called where it has but one."""


class Slot(BaseModel):
    """A slot of a lesson."""

    model_config = ConfigDict(frozen=True, extra="forbid")
