"""Specs in the store: read when they are asked for, and sealed, so that a list need not read them.

A seal says that a spec was found readable, and by which rules: it is a digest of what a RunSpec may
hold (its JSON schema), of the number of its rules (spec.RULES) and of the data sets that it may
name. The store breaks the seal when the spec is changed. What bears another seal, or none, is
tried.
"""

from __future__ import annotations
