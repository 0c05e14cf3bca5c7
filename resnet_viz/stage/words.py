"""Words of the stage: the texts that its scripts show, in one place."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

WORDS: Mapping[str, str] = MappingProxyType(
    {
        "loss": "Training loss",
        "accuracy": "Accuracy",
        "guessing": "guessing",
        "input": "input",
        "output": "output",
        "step": "step",
        "of_steps": "step {step} of {steps}",
        "last_images": "right on the last {images} images",
        "last_batches": "right on the last minibatches",
        "training_images": "right on {images} training images",
        "held_out": "right on {images} images it has never seen",
        "loss_value": "loss {loss}",
        "diverged": "diverged",
        "picture_of": "as of step {step}",
        "colours_of": "colours: step {step}",
        "arcs_of": "arcs: step {step}",
        "bundle": "1 box = {count} blocks",
        "first": "To the first step",
        "back": "One step back",
        "play": "Play recording",
        "stop_playing": "Stop playing",
        "pause": "Pause training",
        "resume": "Resume training",
        "on": "One step on",
        "train_one": "Train one step",
        "live": "Live",
        "live_help": "Follow the newest step",
        "slider": "Step shown",
        "speed": "Speed",
        "quantity": "Quantity",
        "view": "Picture below the networks",
        "waterfall": "Every step",
        "profile": "This step",
        "colour": "Colour compared with",
        "mode_start": "step 0",
        "mode_own": "the network's own median layer",
        "mode_twin": "the other network",
        "mode_absolute": "nothing (absolute)",
        "smaller": "100x smaller",
        "usual": "as usual",
        "larger": "100x larger",
        "less": "less",
        "more": "more",
        "reading": "{title} of each layer. White is {what}; red is larger, violet smaller. Small "
        "is not bad by itself: a network that has learnt has small gradients.",
        "what_start": "the median layer of {net} at step 0",
        "what_own": "the network's own median layer at each step",
        "what_twin": "the same layer of the other network at the same step",
        "reading_absolute": "{title} of each layer. Dark is small, bright is large.",
        "arcs": "Arcs: the wider, the more of the gradient comes through the shortcut.",
        "not_measured": "not measured",
        "zero": "exactly 0",
        "not_finite": "not finite (infinite or no number)",
        "help": "Keys",
        "keys": "Space: play or pause. Left and right arrow: one step. Home and End: first and "
        "last step. L: live. ?: these keys.",
        "keys_host": "P: present.",
        "starts": "Starts when you press Start race",
    }
)
"""Braces hold what a script fills in."""
