"""The study notebook's program run as it stands, beside the paper's net."""
