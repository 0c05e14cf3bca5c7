"""Lessons: texts with a question, a prediction, one press and what was measured; no Streamlit.

A lesson is one file of `texts` per language (`01_deeper.en.md`), which reader.py reads and slots.py
describes. What a measurement found is a handful of facts (facts/), by which predictions are judged
and from which the lesson's own sentences are made.
"""
