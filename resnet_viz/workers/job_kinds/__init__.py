"""The kinds of jobs, a file each: its `KIND`, `Request` and `work` are found here, and named
nowhere else.

What is on top of a file needs no torch; what the work needs is imported when it runs. It may use
all of lab but `runs`, which uses the jobs.
"""
