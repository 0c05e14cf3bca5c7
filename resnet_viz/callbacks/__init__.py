"""Callbacks for other people's training loops: Lightning's and transformers' trainers."""
