"""What measurements share: their description, their figures and verdicts, and results."""
