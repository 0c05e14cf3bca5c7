"""Papers: their figures and tables, measured here and held against what was published."""
