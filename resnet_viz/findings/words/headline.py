"""Headline of a race: its outcome in a sentence or two, from the claims about all nets."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from resnet_viz.findings.claims.claim import Claim
from resnet_viz.findings.claims.learning import is_little
from resnet_viz.findings.words.comparison_words import BETTER
from resnet_viz.findings.words.phrases import over_seeds, percent
from resnet_viz.text import and_words, count, number

OUTCOMES = ("learnt", "not learnt", "unclear", "diverged", "mixed", "too early", "ended")
"""The kinds of claims that say how one net ended."""
COMPARED = ("learns more", "ahead", "level", "undecided", "learning undecided")
"""Those that say how two nets compare, in the order in which they lead."""
ONE_SEED = "One seed says how this run went, not how the nets compare."
_HELD_OUT = "held_out_accuracy"


def headline(claims: Sequence[Claim], sentence: Callable[[Claim], str]) -> str:
    """The outcome of the nets; `sentence` words a single claim."""
    nets = [claim for claim in claims if claim.kind in OUTCOMES]
    kinds = {claim.kind for claim in nets}
    differ = [sentence(claim) for claim in claims if claim.kind == "trained differently"]
    if kinds == {"too early"}:
        steps = count(int(min(claim.values["steps"] for claim in nets)), "step")
        subject = f"{nets[0].nets[0]} does" if len(nets) == 1 else "the nets do"
        return f"After {steps} it is too early to say how {subject}."
    if kinds == {"diverged"}:
        return _all_diverged(nets)
    if kinds <= {"not learnt", "unclear"} and len(nets) > 1 and all(map(_is_little, nets)):
        return _none_learnt(nets)
    if any(claim.evidence.runs[0] > 1 for claim in nets):
        return _over_seeds(claims, nets, differ, sentence)
    if len(nets) == 1:
        return _one_run(nets)
    return " ".join([_one_run(nets), *(differ or [ONE_SEED])])


def _all(nets: Sequence[Claim]) -> str:
    """ "Both nets", "All 3 nets", or the name of the one."""
    if len(nets) == 1:
        return nets[0].nets[0]
    return "Both nets" if len(nets) == 2 else f"All {len(nets)} nets"


def _all_diverged(nets: Sequence[Claim]) -> str:
    steps = [f"{claim.values['diverged_first']:,.0f}" for claim in nets]
    runs = [claim.evidence.runs[0] for claim in nets]
    every = f" in all {max(runs)} runs" if max(runs) > 1 else ""
    first = ", first" if max(runs) > 1 else ""
    if len(set(steps)) == 1:
        return f"{_all(nets)} diverged{every}{first} at step {steps[0]}."
    each = [f"{claim.name} at step {step}" for claim, step in zip(nets, steps, strict=True)]
    return f"{_all(nets)} diverged{every}:{first.removeprefix(',')} {and_words(each)}."


def _none_learnt(nets: Sequence[Claim]) -> str:
    none = "Neither net" if len(nets) == 2 else f"None of the {len(nets)} nets"
    runs = max(claim.evidence.runs[0] for claim in nets)
    anywhere = f" in any of {runs} runs" if runs > 1 else ""
    each = [f"{claim.name} {_level(claim)}" for claim in nets]
    clearly = "" if {claim.kind for claim in nets} == {"not learnt"} else "clearly "
    return f"{none} has {clearly}learnt{anywhere}: {and_words(each)} ({_guess(nets[0])})."


def _guess(claim: Claim) -> str:
    loss, share = claim.values["guess_loss"], claim.values["guess_accuracy"]
    return f"guessing: {_shown(claim, loss, share)}"


def _level(claim: Claim) -> str:
    """Where a net ended, in one number: its accuracy, else its loss."""
    name = _HELD_OUT if _HELD_OUT in claim.values else "accuracy"
    loss = claim.values.get("loss", float("nan"))
    return _shown(claim, loss, claim.values.get(name))


def _shown(claim: Claim, loss: float, share: float | None) -> str:
    has_accuracy = "accuracy" in claim.values or _HELD_OUT in claim.values
    return f"loss {number(loss, 3)}" if share is None or not has_accuracy else percent(share)


def _one_run(nets: Sequence[Claim]) -> str:
    """Where each net came to: "In this run a ended at 96 % accuracy, b at 17 %"."""
    steps = int(max(claim.values["steps"] for claim in nets))
    is_over = all(claim.details["state"] == "over" for claim in nets)
    start = "In this run" if is_over else f"After {count(steps, 'step')}"
    verb = "ended" if is_over else "is"
    parts, has_verb, is_guess_said = [], False, False
    for claim in nets:
        if claim.kind == "diverged":
            parts.append(f"{claim.name} diverged at step {claim.values['diverged_first']:,.0f}")
            has_verb = False
            continue
        where = _where(claim, has_verb, is_guess_said)
        parts.append(f"{claim.name} {'' if has_verb else f'{verb} '}at {where}")
        is_guess_said = is_guess_said or "guessing" in where
        has_verb = claim.kind != "not learnt"
    return f"{start} {_joined(parts)}."


def _where(claim: Claim, is_short: bool, is_guess_said: bool) -> str:
    """Its level, and how that compares with guessing, which is said with its number once."""
    is_due = "guess_loss" in claim.values and not is_guess_said
    guessing = f" than guessing ({_guess(claim).removeprefix('guessing: ')})" if is_due else ""
    level = _level(claim)
    end = level if is_short else f"{level} accuracy"
    if not level.endswith("%"):
        end = f"a {level.replace('loss', 'loss of')}"
    if claim.kind == "not learnt":
        return f"{end}, no better{guessing}"
    if claim.kind in ("learnt", "unclear") and _is_little(claim):
        return f"{end}, little better{guessing}"
    return end


def _is_little(claim: Claim) -> bool:
    """Whether an accuracy is little better than a guess's; without one, whether nothing is
    learnt."""
    if claim.kind == "not learnt":
        return True
    name = _HELD_OUT if _HELD_OUT in claim.values else "accuracy"
    return name in claim.values and is_little(claim.values[name], claim.values["guess_accuracy"])


def _joined(parts: Sequence[str]) -> str:
    if any(", " in part for part in parts):
        return "; ".join(parts)
    return and_words(parts) if len(parts) > 2 else ", ".join(parts)


def _over_seeds(
    claims: Sequence[Claim],
    nets: Sequence[Claim],
    differ: Sequence[str],
    sentence: Callable[[Claim], str],
) -> str:
    """Which net is ahead of which; where none is compared, what became of each net."""
    compared = sorted(
        (claim for claim in claims if claim.kind in COMPARED),
        key=lambda claim: COMPARED.index(claim.kind),
    )
    if not compared:
        texts = [sentence(claim) for claim in nets[:2]]
    elif len(compared) == 1:
        texts = [sentence(compared[0])]
    else:
        texts = [_best(compared)]
    return " ".join([*texts, *differ])


def _best(compared: Sequence[Claim]) -> str:
    """Of several nets the one that is ahead of most, and of which."""
    beats: dict[str, list[Claim]] = {}
    for claim in compared:
        if claim.kind in BETTER:
            beats.setdefault(claim.nets[0], []).append(claim)
    runs = compared[0].evidence.runs
    if not beats:
        return f"Over {over_seeds(runs)}, no net is shown to do better than another."
    best, won = max(beats.items(), key=lambda pair: len(pair[1]))
    parts = []
    for kind, words in BETTER.items():
        if behind := [claim.nets[1] for claim in won if claim.kind == kind]:
            parts.append(f"{words} {and_words(behind)}")
    open_ones = [
        name
        for claim in compared
        if claim.kind not in BETTER and best in claim.nets
        for name in claim.nets
        if name != best
    ]
    rest = f" Between it and {and_words(open_ones)} no difference is shown." if open_ones else ""
    return f"Over {over_seeds(won[0].evidence.runs)}, {best} {and_words(parts)}.{rest}"
