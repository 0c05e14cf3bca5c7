"""Headline of a race: its outcome in a sentence or two, from the claims about all nets."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from resnet_viz.findings.claims.claim import Claim
from resnet_viz.findings.claims.learning import is_little
from resnet_viz.findings.words.comparison_words import BETTER, compared
from resnet_viz.findings.words.phrases import over_seeds, percent
from resnet_viz.text import Words, and_words, number

OUTCOMES = ("learnt", "not learnt", "unclear", "diverged", "mixed", "too early", "ended")
"""The kinds of claims that say how one net ended."""
COMPARED = ("learns more", "ahead", "level", "undecided", "learning undecided")
"""Those that say how two nets compare, in the order in which they lead."""
ONE_SEED = "One seed says how this run went, not how the nets compare."
_HELD_OUT = "held_out_accuracy"


def headline(claims: Sequence[Claim], sentence: Callable[[Claim], str], say: Words = str) -> str:
    """The outcome of the nets; `sentence` words a single claim. Several seeds of
    other than two nets are told in English alone."""
    nets = [claim for claim in claims if claim.kind in OUTCOMES]
    kinds = {claim.kind for claim in nets}
    differ = [sentence(claim) for claim in claims if claim.kind == "trained differently"]
    if kinds == {"too early"}:
        return _too_early(nets, say)
    if kinds == {"diverged"}:
        return _all_diverged(nets, say)
    if kinds <= {"not learnt", "unclear"} and len(nets) > 1 and all(map(_is_little, nets)):
        return _none_learnt(nets, say)
    if any(claim.evidence.runs[0] > 1 for claim in nets):
        return _over_seeds(claims, nets, differ, sentence, say)
    if len(nets) == 1:
        return _one_run(nets, say)
    return " ".join([_one_run(nets, say), *(differ or [say(ONE_SEED)])])


def _too_early(nets: Sequence[Claim], say: Words) -> str:
    steps = _steps(int(min(claim.values["steps"] for claim in nets)), say)
    if len(nets) > 1:
        return say("After {steps} it is too early to say how the nets do.").format(steps=steps)
    text = say("After {steps} it is too early to say how {net} does.")
    return text.format(steps=steps, net=nets[0].name)


def _steps(number: int, say: Words) -> str:
    return say("1 step") if number == 1 else say("{number} steps").format(number=f"{number:,}")


def _and(parts: Sequence[str], say: Words) -> str:
    """A list in words; there is at least one part."""
    *others, last = parts
    return (
        say("{others} and {last}").format(others=", ".join(others), last=last) if others else last
    )


def _all(nets: Sequence[Claim], say: Words) -> str:
    """ "Both nets", "All 3 nets", or the name of the one."""
    if len(nets) == 1:
        return nets[0].name
    return say("Both nets") if len(nets) == 2 else say("All {number} nets").format(number=len(nets))


def _all_diverged(nets: Sequence[Claim], say: Words) -> str:
    steps = [f"{claim.values['diverged_first']:,.0f}" for claim in nets]
    at = [say("at step {step}").format(step=step) for step in steps]
    runs = max(claim.evidence.runs[0] for claim in nets)
    is_one = len(set(steps)) == 1
    where = at[0]
    if not is_one:
        where = _and([f"{net.name} {one}" for net, one in zip(nets, at, strict=True)], say)
    text = say("{nets} diverged {where}.") if is_one else say("{nets} diverged: {where}.")
    if runs > 1 and is_one:
        text = say("{nets} diverged in all {runs} runs, first {where}.")
    elif runs > 1:
        text = say("{nets} diverged in all {runs} runs: first {where}.")
    return text.format(nets=_all(nets, say), runs=runs, where=where)


def _none_learnt(nets: Sequence[Claim], say: Words) -> str:
    none = say("Neither net")
    if len(nets) > 2:
        none = say("None of the {number} nets").format(number=len(nets))
    runs = max(claim.evidence.runs[0] for claim in nets)
    each = _and([f"{claim.name} {_level(claim, say)}" for claim in nets], say)
    is_clear = {claim.kind for claim in nets} == {"not learnt"}
    if runs > 1 and is_clear:
        text = say("{none} has learnt in any of {runs} runs: {each} (guessing: {guess}).")
    elif runs > 1:
        text = say("{none} has clearly learnt in any of {runs} runs: {each} (guessing: {guess}).")
    elif is_clear:
        text = say("{none} has learnt: {each} (guessing: {guess}).")
    else:
        text = say("{none} has clearly learnt: {each} (guessing: {guess}).")
    return text.format(none=none, runs=runs, each=each, guess=_guess(nets[0], say))


def _guess(claim: Claim, say: Words) -> str:
    loss, share = claim.values["guess_loss"], claim.values["guess_accuracy"]
    return _shown(claim, loss, share, say)


def _level(claim: Claim, say: Words) -> str:
    """Where a net ended, in one number: its accuracy, else its loss."""
    name = _HELD_OUT if _HELD_OUT in claim.values else "accuracy"
    loss = claim.values.get("loss", float("nan"))
    return _shown(claim, loss, claim.values.get(name), say)


def _shown(claim: Claim, loss: float, share: float | None, say: Words) -> str:
    if share is not None and _has_accuracy(claim):
        return percent(share)
    return say("loss {loss}").format(loss=number(loss, 3))


def _has_accuracy(claim: Claim) -> bool:
    return "accuracy" in claim.values or _HELD_OUT in claim.values


def _one_run(nets: Sequence[Claim], say: Words) -> str:
    """Where each net came to: "In this run a ended at 96 % accuracy, b at 17 %"."""
    steps = int(max(claim.values["steps"] for claim in nets))
    is_over = all(claim.details["state"] == "over" for claim in nets)
    parts, has_verb, is_guess_said = [], False, False
    for claim in nets:
        if claim.kind == "diverged":
            step = f"{claim.values['diverged_first']:,.0f}"
            parts.append(say("{net} diverged at step {step}").format(net=claim.name, step=step))
            has_verb = False
            continue
        text = say("{net} ended at {level}") if is_over else say("{net} is at {level}")
        level = _compared(claim, _where(claim, has_verb, say), is_guess_said, say)
        text = say("{net} at {level}") if has_verb else text
        parts.append(text.format(net=claim.name, level=level))
        is_guess_said = is_guess_said or _is_compared(claim)
        has_verb = claim.kind != "not learnt"
    if is_over:
        return say("In this run {parts}.").format(parts=_joined(parts, say))
    text = say("After {steps} {parts}.")
    return text.format(steps=_steps(steps, say), parts=_joined(parts, say))


def _where(claim: Claim, is_short: bool, say: Words) -> str:
    """Its level, in words where it stands alone."""
    level = _level(claim, say)
    if not level.endswith("%"):
        loss = number(claim.values.get("loss", float("nan")), 3)
        return say("a loss of {loss}").format(loss=loss)
    return level if is_short else say("{percent} accuracy").format(percent=level)


def _is_compared(claim: Claim) -> bool:
    """Whether it is said that a net is little better than guessing, or no better."""
    return claim.kind in ("learnt", "unclear", "not learnt") and _is_little(claim)


def _compared(claim: Claim, level: str, is_guess_said: bool, say: Words) -> str:
    """A level against guessing, which is said with its number once."""
    if not _is_compared(claim):
        return level
    is_short = is_guess_said or "guess_loss" not in claim.values
    if claim.kind == "not learnt":
        text = say("{level}, no better than guessing ({guess})")
        text = say("{level}, no better") if is_short else text
    else:
        text = say("{level}, little better than guessing ({guess})")
        text = say("{level}, little better") if is_short else text
    return text.format(level=level, guess="" if is_short else _guess(claim, say))


def _is_little(claim: Claim) -> bool:
    """Whether an accuracy is little better than a guess's; without one, whether nothing is
    learnt."""
    if claim.kind == "not learnt":
        return True
    name = _HELD_OUT if _HELD_OUT in claim.values else "accuracy"
    return name in claim.values and is_little(claim.values[name], claim.values["guess_accuracy"])


def _joined(parts: Sequence[str], say: Words) -> str:
    if any(", " in part for part in parts):
        return "; ".join(parts)
    return _and(parts, say) if len(parts) > 2 else ", ".join(parts)


def _over_seeds(
    claims: Sequence[Claim],
    nets: Sequence[Claim],
    differ: Sequence[str],
    sentence: Callable[[Claim], str],
    say: Words,
) -> str:
    """Which net is ahead of which; where none is compared, what became of each net."""
    pairs = sorted(
        (claim for claim in claims if claim.kind in COMPARED),
        key=lambda claim: COMPARED.index(claim.kind),
    )
    if not pairs:
        texts = [sentence(claim) for claim in nets[:2]]
    elif len(pairs) == 1:
        texts = [compared(pairs[0], say)]
    else:
        texts = [_best(pairs)]
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
