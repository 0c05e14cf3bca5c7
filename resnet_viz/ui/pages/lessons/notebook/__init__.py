"""The student's program on the Lessons page: its lines, its faults, and figures of what it does."""
