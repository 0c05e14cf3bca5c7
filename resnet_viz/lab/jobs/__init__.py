"""Work that takes seconds or minutes and is no run: builds, exports, checks of files.

A job is a row of the store. The folder's launcher begins a process for each whose turn has come, a
few at a time; the work itself is a file in `kinds`.
"""
