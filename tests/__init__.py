"""The tests. Their processes, and those that they begin, compute with one thread each."""

import os

# Threads of several processes on the same cores wait for each other longer than they compute. numpy
# and torch read it as they are imported, which is after this.
os.environ.setdefault("OMP_NUM_THREADS", "1")
