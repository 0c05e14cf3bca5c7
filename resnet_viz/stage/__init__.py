"""The stage: one picture of a race, each net a strip along the axis of depth; numpy alone.

The scripts draw and play it in any page: the app's, a report's, a notebook's. They know none of
these; what they are told is JSON (message.py).
"""
