"""Misfits between a net and a file of weights: their causes, and how the file was read, in
sentences."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor

from resnet_viz.nets.stored_weights.layer_names import HEAD, named
from resnet_viz.nets.stored_weights.state_dicts import COUNTER, Reading, fits
from resnet_viz.nets.stored_weights.stored_tensors import Stored
from resnet_viz.nets.stored_weights.weight_files import STATE

_FORMS = {
    r"lora_[AB]\b|\blora_": "it holds changes to another file's weights (LoRA); merge them first",
    r"\bweight_[gv]$|parametrizations\.": "its weights are stored in parts (weight norm, spectral "
    "norm or another parametrisation); remove that before saving",
    r"\bweight_(orig|mask)$": "its weights are pruned and masked; make that permanent with "
    "torch.nn.utils.prune.remove before saving",
    r"(^|[._])flat_param": "its weights are one flat tensor (FSDP); save a full state dict",
    r"zero_point$|_packed_params|qweight$|weight_scale$|scale_inv$|absmax$": "its weights are "
    "quantised; save those of the net before that",
    r"fp32_flat_groups|partition_of_fp32_groups|optimizer_state_dict": "it holds an optimiser's "
    "share of the training and not the net's weights",
    r"\b(qkv|q_proj|attn|self_attention|patch_embed|cls_token)\b": "its net is a transformer",
    r"\bweight_u$": "its weights are stored with spectral norm; remove that before saving",
}
_OUR_PREFIX = f"{STATE}."


@dataclass(frozen=True)
class Misfit:
    """The weights of a net and those in a file, as they were read."""

    own: Mapping[str, Tensor]
    tensors: Mapping[str, Stored]
    reading: Reading

    def causes(self) -> Iterator[str]:
        """The causes of missing, surplus or misshapen keys."""
        names = self.reading.left if self.reading.names else list(self.tensors)
        for pattern, cause in _FORMS.items():
            if any(re.search(pattern, name) for name in names):
                yield cause
                return
        if any(tensor.shape == (0,) for tensor in self.tensors.values()):
            yield "its weights are spread over several files (as by DeepSpeed's ZeRO 3); join them"
        elif not self.reading.names:
            some = next(iter(self.tensors))
            yield f"none of its {len(self.tensors)} names, such as {some!r}, is known of a ResNet"
        else:
            for find in (self._depths, self._stem, self._head, self._norms):
                yield from find()

    def _depths(self) -> Iterator[str]:
        template = self.reading.templates.get("branch.conv")
        if template is None:
            return
        own = self._blocks(lambda s, b: f"stages.{s}.{b}.branch.conv1.weight" in self.own)
        theirs = self._blocks(lambda s, b: self._is_there(template, s, b, 1))
        if theirs and own != theirs:
            yield f"it has {_and(theirs)} blocks in its stages, this net {_and(own)}"
        elif self._is_there(template, 0, 0, 3) and "stages.0.0.branch.conv3.weight" not in self.own:
            yield "its blocks are bottlenecks, this net's are not"

    def _is_there(self, template: str, stage: int, block: int, number: int) -> bool:
        name = named(template, f"stages.{stage}.{block}.branch.conv{number}")
        return f"{self.reading.prefix}{name}.weight" in self.tensors

    @staticmethod
    def _blocks(is_there: Callable[[int, int], bool]) -> list[int]:
        """How many blocks each stage has."""
        counts: list[int] = []
        while is_there(len(counts), 0):
            blocks = 1
            while is_there(len(counts), blocks):
                blocks += 1
            counts.append(blocks)
        return counts

    def _stem(self) -> Iterator[str]:
        key = next((key for key in self.own if key.startswith("stem.conv")), "")
        theirs = self._shape(key)
        if len(theirs) != 4 or theirs == tuple(self.own[key].shape):
            return
        out, channels, height, _ = self.own[key].shape
        if theirs[1] != channels:
            yield f"it takes images of {_count(theirs[1], 'channel')}, this net of {channels}"
        if theirs[2] != height:
            yield f"its first convolution is {theirs[2]}x{theirs[2]}, this net's {height}x{height}"
        if theirs[0] != out:
            yield f"its first convolution has {theirs[0]} channels, this net's {out}"

    def _head(self) -> Iterator[str]:
        key = f"{HEAD}.weight"
        theirs, own = self._shape(key), tuple(self.own[key].shape)
        if not theirs:
            yield "it has no classifier known here, only what comes before one"
        elif theirs[0] != own[0]:
            yield f"it tells {_count(theirs[0], 'class')} apart, this net {own[0]}"
        elif theirs[1] != own[1]:
            yield f"its classifier takes {theirs[1]} features, this net's {own[1]}"

    def _norms(self) -> Iterator[str]:
        statistics = [key for key in self.own if key.endswith("running_mean")]
        missing = [key for key in statistics if key not in self.reading.names]
        weights = [key.replace("running_mean", "weight") for key in missing]
        if missing == statistics != [] and all(key in self.reading.names for key in weights):
            yield "its norms keep no statistics (group norm, perhaps), this net's batch norm does"
        if not statistics and any(name.endswith("running_mean") for name in self.reading.left):
            yield "its norms are batch norms, this net's are not"

    def _shape(self, key: str) -> tuple[int, ...]:
        name = self.reading.names.get(key)
        return self.tensors[name].shape if name else ()


def how_read(
    own: Mapping[str, Tensor], tensors: Mapping[str, Stored], reading: Reading
) -> Iterator[str]:
    """Sentences on the reading: where the weights are, which names were translated, what else is in
    the file."""
    if reading.prefix not in ("", _OUR_PREFIX):
        yield f"Found under {reading.prefix.removesuffix('.')!r}"
    translated = [
        (name.removeprefix(reading.prefix), key)
        for key, name in reading.names.items()
        if name != reading.prefix + key and ".branch." in key
    ]
    if translated:
        theirs, ours = translated[0]
        yield f"Names translated, such as {theirs} to {ours}"
    if reading.beside:
        some = sorted({name.partition(".")[0] for name in reading.beside})
        yield f"Not used: {_count(len(reading.beside), 'other tensor')} under {', '.join(some[:4])}"
    kinds = {
        str(tensors[name].dtype).removeprefix("torch.")
        for key, name in reading.names.items()
        if fits(tensors[name], own[key]) and tensors[name].dtype != own[key].dtype
        if not key.endswith(COUNTER)
    }
    if kinds:
        yield f"Stored as {', '.join(sorted(kinds))}"


def _count(number: int, noun: str) -> str:
    plural = f"{noun}es" if noun.endswith("s") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}"


def _and(numbers: Sequence[int]) -> str:
    return "-".join(map(str, numbers))
