"""Cells of the table of races: settings as chips, losses as a line, outcome, duration; no
Streamlit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from statistics import median
from urllib.parse import urlencode

from resnet_viz.arch.field_words import text_of
from resnet_viz.arch.paper_names import paper_name
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.experiments.setting import settings_of
from resnet_viz.findings.colours import DARK, contestant_colours
from resnet_viz.findings.contestant import net_of
from resnet_viz.findings.digest import Digest
from resnet_viz.store.run import Run, UnreadableRun
from resnet_viz.text import count, duration, number
from resnet_viz.ui.pages.runs.groups import DIVERGED, Group, clock, status_of

Digested = Mapping[str, Digest]
"""The digests of runs, by their ids."""

WIDTH, HEIGHT = 96, 24
"""Of the picture of the losses, in its own units."""
MOST_SHARES = 3
_ABOVE = 1.25
_SHORT: Mapping[str, str] = {
    "lr": "lr",
    "batch_size": "batch",
    "subset": "images",
    "clip_grad_norm": "clipped at",
    "image_size": "pixels",
    "warmup_steps": "warm-up",
}
_BY_THEMSELVES = {"dataset", "optimizer", "augment", "schedule", "precision"}
_NOT_SAID = {
    *("config", "name", "classes", "seed", "device", "checkpoints", "checkpoint_every"),
    *("measure_every", "evaluate_every"),
}


def row_of(group: Group, digests: Digested, now: float) -> dict[str, object]:
    """A race's row for the table, as the browser gets it."""
    nets = _nets(group)
    done, steps = group.steps
    words = outcome(group, digests)
    seconds = group.seconds(now)
    return {
        "id": group.id,
        "href": f"race?{urlencode(group.link)}",
        "title": group.title,
        "nets": ", ".join(group.nets) if group.name else "",
        "note": group.note,
        "chips": list(chips([run.spec for run in group.readable if not run.is_watched])),
        "lines": _lines(nets, digests),
        "losses": losses_in_words(nets, digests),
        "shares": _shares(nets, digests),
        "outcome": words,
        "tone": _tone(words),
        "why": "; ".join(dict.fromkeys(run.message for run in group.runs if run.message)),
        "progress": f"{done:,} of {f'{steps:,}' if steps else '?'}" if done else "",
        "duration": "" if seconds is None else duration(seconds),
        "date": clock(group.created),
        "stops": not group.is_over and not any(run.is_watched for run in group.readable),
    }


Net = tuple[str, str, Sequence[Run]]
"""A net of a race: its name, its colour, and its runs."""


def _nets(group: Group) -> Sequence[Net]:
    runs: dict[object, list[Run]] = {}
    for run in group.readable:
        runs.setdefault(net_of(run), []).append(run)
    colours = contestant_colours([own[0].config for own in runs.values()])
    return [
        (paper_name(own[0].name), colour, own)
        for own, colour in zip(runs.values(), colours, strict=True)
    ]


def _of(run: Run | UnreadableRun, digests: Digested) -> Digest:
    return digests.get(run.id, Digest())


def outcome(group: Group, digests: Digested) -> str:
    """What became of the race's runs: "finished", "1 diverged, 1 finished"."""
    counts = Counter(
        DIVERGED
        if _of(run, digests).diverged is not None and status_of(run) in ("finished", "stopped")
        else status_of(run)
        for run in group.runs
    )
    if len(counts) == 1:
        return next(iter(counts))
    return ", ".join(f"{n} {word}" for word, n in counts.items())


def _tone(words: str) -> str:
    """How an outcome is coloured: what went wrong first."""
    tones = {"diverged": "bad", "failed": "bad", "unreadable": "bad", "interrupted": "bad"}
    tones |= {"running": "live", "finished": "well"}
    return next((tone for word, tone in tones.items() if word in words), "off")


def accuracy(group: Group, digests: Digested) -> float:
    """The best accuracy among its runs, to sort by; -1 if there is none."""
    known = (_of(run, digests).accuracy for run in group.readable)
    return max((share for share in known if share is not None), default=-1.0)


def _shares(nets: Sequence[Net], digests: Digested) -> Sequence[Mapping[str, object]]:
    """The accuracy of each net, the median of its seeds; of many nets their range."""
    found = []
    for name, colour, runs in nets:
        own = [one for run in runs if (one := _of(run, digests)).accuracy is not None]
        if own:
            share = median(one.accuracy for one in own if one.accuracy is not None)
            of = "images it has never seen" if own[0].is_held_out else "training images"
            found.append((share, colour, f"{name}: {share:.1%} of {of}"))
    if len(found) > MOST_SHARES:
        low, high = (f"{100 * of(found)[0]:.0f}" for of in (min, max))
        both = low if low == high else f"{low} to {high}"
        said = "; ".join(words for _, _, words in found)
        return [{"text": f"{both} %", "colours": None, "said": said}]
    return [
        {"text": f"{100 * share:.0f} %", "colours": [colour, DARK[colour]], "said": words}
        for share, colour, words in found
    ]


def _lines(nets: Sequence[Net], digests: Digested) -> Sequence[Mapping[str, object]]:
    """The losses of each run as a path: from 0 to a little above where the runs begin."""
    losses = [(colour, _of(run, digests).losses) for _, colour, runs in nets for run in runs]
    firsts = [own[0][1] for _, own in losses if own and isfinite(own[0][1])]
    last = max((own[-1][0] for _, own in losses if own), default=0)
    top = _ABOVE * max(firsts, default=1.0) or 1.0
    paths = [(colour, _path(own, last, top)) for colour, own in losses]
    return [
        {"path": path, "colours": [colour, DARK[colour]]} for colour, path in paths if "L" in path
    ]


def _path(losses: Sequence[tuple[int, float]], last: int, top: float) -> str:
    """The path of finite losses; what is above the picture runs along its edge."""
    points = (
        f"{WIDTH * step / max(last, 1):.0f} {HEIGHT * (1 - max(0.0, min(1.0, loss / top))):.1f}"
        for step, loss in losses
        if isfinite(loss)
    )
    return f"M{'L'.join(points)}"


def losses_in_words(nets: Sequence[Net], digests: Digested) -> str:
    """The losses for who does not see them: "ResNet-56: 2.35 to 0.06; Plain-56: ..."."""
    said = []
    for name, _, runs in nets:
        if losses := _of(runs[0], digests).losses:
            said.append(f"{name}: {number(losses[0][1])} to {number(losses[-1][1])}")
    return f"Training loss. {'; '.join(said)}" if said else "No losses yet"


def chips(specs: Sequence[RunSpec]) -> Iterator[str]:
    """The settings that are not the usual ones: "seed 7", "lr 0.1", "batch 16 / 32"."""
    seeds = sorted({spec.seed for spec in specs})
    if len(seeds) > 1:
        yield count(len(seeds), "seed")
    elif seeds not in ([], [0]):
        yield f"seed {seeds[0]}"
    for name, setting in settings_of(RunSpec).items():
        values = list(dict.fromkeys(getattr(spec, name) for spec in specs))
        if name in _NOT_SAID or values in ([], [setting.default]):
            continue
        said = " / ".join(_value(name, value) for value in values)
        if name == "steps":
            yield f"{said} steps"
        elif isinstance(setting.default, bool):
            yield setting.about.words if values == [True] else f"{setting.about.words}: {said}"
        elif name in _BY_THEMSELVES:
            yield said
        else:
            yield f"{_SHORT.get(name, setting.about.words)} {said}"


def _value(field: str, value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return text_of(field, value) or "none"
    if isinstance(value, float):
        return f"{value:g}"
    return "none" if value is None else f"{value:,}" if isinstance(value, int) else str(value)
