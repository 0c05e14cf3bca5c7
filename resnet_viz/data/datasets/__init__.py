"""Data sets, one file each: its `DATASET` is found here and named nowhere else.

A description needs no torch; what reading needs beyond numpy is imported when it is read.
"""
