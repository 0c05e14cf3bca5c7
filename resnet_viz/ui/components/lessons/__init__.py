"""Components of lessons: predictions, words that point at pictures, and paths through a net."""
