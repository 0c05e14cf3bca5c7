"""The study notebook's ResNet-34, written anew with its seven faults; each can be mended alone."""
