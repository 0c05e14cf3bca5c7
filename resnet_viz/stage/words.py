"""Words of the stage: the texts that its scripts show, in one place."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, str] = {
    "loss": "Training loss",
    "accuracy": "Accuracy",
    "guessing": "guessing",
    "input": "input",
    "output": "output",
    "step": "step",
    "layer": "layer {first}",
    "layers": "layers {first} to {last}",
    "of_steps": "step {step} of {steps}",
    "at_step": "step {step}",
    "last_images": "right on the last {images} images",
    "last_batches": "right on the last minibatches",
    "training_images": "right on {images} training images",
    "held_out": "right on {images} images it has never seen",
    "loss_value": "loss {loss}",
    "diverged": "diverged",
    "picture_of": "as of step {step}",
    "ends_at": "ends at {accuracy} %",
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
    "why": "Why?",
    "reading": "{title} of each layer. No colour means {what}; red is larger, violet smaller. "
    "Small is not bad by itself: a network that has learnt has small gradients.",
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
    "remove_blocks": "Remove blocks",
    "remove_help": "Click blocks to remove them, and see the error without them",
    "remove_hint": "Click a block to remove it. By keyboard: arrows, Delete, Escape.",
    "remove_label": "Remove {label}",
    "bundle_label": "{label} and {count} more",
    "blocks_of": "Blocks of {net}",
    "undo": "Undo",
    "remove_random": "Remove 5 at random",
    "removed_one": "Removed 1 block",
    "removed_many": "Removed {count} blocks",
    "measuring": "measuring...",
    "error_from": "error {errors}",
    "remove_elsewhere": "Race two networks that both learn:",
    "starts": "Starts when you press Start race",
}
"""Braces hold what a script fills in."""

SEEDS = "{net}, {number} seeds"
"""What a net of several seeds is called."""

LABELS: Mapping[str, str] = {
    "stem": "stem",
    "layers": "layers",
    "head": "head",
    "stage": "stage {number}",
    "block": "block {number}",
}
"""What the boxes of a strip are called (strip.py)."""

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)

COUNTED: Mapping[str, str] = {
    "running": "{number} training",
    "paused": "{number} paused",
    "queued": "{number} waiting",
    "not answering": "{number} not answering",
    "starting": "{number} still starting",
    "finished": "{number} done",
    "stopped": "{number} stopped",
    "failed": "{number} failed",
    "interrupted": "{number} interrupted",
}
"""How many nets are in each state."""

ENDED_AT: Mapping[str, str] = {
    "failed": "failed at step {step}",
    "interrupted": "interrupted at step {step}",
    "stopped": "stopped at step {step}",
}
"""How a run ended that did not finish."""
