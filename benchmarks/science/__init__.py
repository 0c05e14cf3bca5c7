"""What the lessons are built on, repeated from the public API: `python -m benchmarks.science`."""
