"""A sweep of one's own: a net, axes and seeds in a form, or a JSON file."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

import streamlit as st

from resnet_viz.arch.config import ResNetConfig, explain
from resnet_viz.arch.net_names import presets_by_paper
from resnet_viz.arch.paper_names import paper_name
from resnet_viz.arch.presets import PRESETS
from resnet_viz.data.registry import offered
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.experiments.sweep_spec import NET, SweepSpec
from resnet_viz.findings.sweeps.grid import DEPTHS, noun
from resnet_viz.lab.lab import Lab
from resnet_viz.scheduler.sweeps.submit_sweep import MOST_OF_VISITOR
from resnet_viz.text import capital, count, or_words, shorten
from resnet_viz.ui.pages.sweeps.axis_values import CHOICES, EXAMPLES, read_values, seeds_of
from resnet_viz.ui.pages.sweeps.begin import start
from resnet_viz.ui.session.access import is_owner
from resnet_viz.ui.widgets import message_box
from resnet_viz.ui.widgets.markdown import plain, small
from resnet_viz.ui.widgets.page_texts import header, note
from resnet_viz.ui.widgets.sweep_cost import cost, expected

_FILE_BYTES = 200_000
MOST_HERE = 2_000
"""Runs of a sweep that the page looks through before it starts, in a second or two."""
MOST_BLOCKS = 60_000
"""Of all different nets together: each is planned first, at some 45 us per block."""


def own_sweep(lab: Lab) -> None:
    """Draw the form and the file's place."""
    header("Your own sweep")
    form, file = st.tabs(["Form", "JSON file"])
    with form:
        spec = _form()
        if spec is not None:
            _offer(lab, spec, "form")
    with file:
        spec = _file()
        if spec is not None:
            _offer(lab, spec, "file")


def _form() -> SweepSpec | None:
    row = st.columns(4, vertical_alignment="bottom")
    with row[0]:
        net = st.selectbox(
            "Base net",
            presets_by_paper(),
            index=list(presets_by_paper()).index("resnet20-cifar"),
            format_func=lambda name: f"{paper_name(name)} · {name}",
            key="sweeps_base",
        )
    with row[1]:
        data = st.selectbox("Data", offered(), key="sweeps_data")
    with row[2]:
        steps = st.number_input(
            "Steps", min_value=1, max_value=1_000_000, value=60, step=10, key="sweeps_steps"
        )
    with row[3]:
        seeds = st.text_input("Seeds", "0-2", key="sweeps_seeds", help="Such as 0-4, or 0, 3, 7.")
    axes = st.multiselect(
        "Axes",
        [*EXAMPLES, *CHOICES],
        default=["depths", "plain"],
        key="sweeps_axes",
        format_func=_titled,
        help="What is varied. Each value meets each value of the other axes.",
    )
    if not axes:
        note("Choose at least one axis.")
        return None
    texts: dict[str, Sequence[str]] = {}
    columns = st.columns(min(3, len(axes)))
    for number, name in enumerate(axes):
        with columns[number % len(columns)]:
            texts[name] = _values(name)
    try:
        values = {name: read_values(name, own, PRESETS[net]) for name, own in texts.items()}
        base = RunSpec(config=PRESETS[net], dataset=data, steps=int(steps))
        return SweepSpec(base=base, axes=values, seeds=seeds_of(seeds))
    except ValueError as error:
        message_box.warning(f"Not a sweep yet: {explain(error)}.")
        return None


def _titled(name: str) -> str:
    words = noun(name)
    return capital(words)


def _values(name: str) -> Sequence[str]:
    """The values of one axis, as the visitor gives them."""
    key = f"sweeps_values_{name}"
    if name in CHOICES:
        choices = CHOICES[name]
        return st.multiselect(
            _titled(name),
            list(choices),
            default=list(choices)[:2],
            key=key,
            format_func=lambda value: choices[value],
        )
    title = "Blocks per stage" if name == "depths" else _titled(name)
    text = st.text_input(title, EXAMPLES[name][0], key=key, help=EXAMPLES[name][1])
    return [part.strip() for part in text.split(",") if part.strip()]


def _file() -> SweepSpec | None:
    """A sweep from a file, such as one that "Sweep as JSON" wrote."""
    file = st.file_uploader("A sweep as JSON", type="json", key="sweeps_file")
    if file is None:
        return None
    if file.size > _FILE_BYTES:
        message_box.error(f"{file.name} is larger than any sweep's file.")
        return None
    try:
        return read_file(file.getvalue())
    except ValueError as error:
        message_box.error(f"{file.name} is not a sweep: {explain(error)}.")
        return None


def read_file(content: bytes) -> SweepSpec:
    """The sweep of a file. It trains on the data sets that the page offers: a folder that it names
    would be looked at on the server, whoever asks.

    Raises:
        ValueError: where it holds no such sweep.
    """
    try:
        given = json.loads(content)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not isinstance(given, dict):
        raise ValueError("a sweep is a JSON object")
    base, axes = given.get("base"), given.get("axes")
    named = [base.get("dataset", offered()[0])] if isinstance(base, dict) else []
    if isinstance(axes, dict) and "dataset" in axes:
        named += axes["dataset"] if isinstance(axes["dataset"], list) else [axes["dataset"]]
    for name in named:
        if name not in offered():
            raise ValueError(f"dataset = {shorten(name)}: use {or_words(offered())}")
    return SweepSpec.model_validate_json(content)


def _offer(lab: Lab, spec: SweepSpec, key: str) -> None:
    """What it takes, what is refused and why, and the button that starts it."""
    most = MOST_HERE if is_owner() else MOST_OF_VISITOR
    if len(spec) > most:
        message_box.warning(
            f"{len(spec):,} runs are too many for this page. Start at most {most:,} here, or "
            "use the command sweep."
        )
        return
    if (blocks := _blocks(spec)) > MOST_BLOCKS:
        message_box.warning(
            f"These nets have {blocks:,} blocks together, too many for this page. Start sweeps of "
            f"at most {MOST_BLOCKS:,} here, or use the command sweep."
        )
        return
    takes = expected(lab, spec)
    for why, number in Counter(cell.why for cell in takes.refused).most_common(3):
        message_box.warning(f"Left out: {count(number, 'run')}, because {why}.")
    runs = takes.cells - len(takes.refused)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Start sweep",
            key=f"sweeps_start_{key}",
            type="primary",
            icon=":material/play_arrow:",
            disabled=not runs,
            on_click=start,
            args=(lab, spec),
        )
        st.markdown(small(plain(cost(takes) if runs else "Nothing to train.")))


def _blocks(spec: SweepSpec) -> int:
    """How many blocks the nets of all combinations have, without making the nets."""
    total = 0
    for number in range(len(spec) // len(spec.seeds)):
        values = spec.values(number)
        net = values.get(NET, spec.base.config)
        if isinstance(net, str):
            net = PRESETS.get(net)
        depths = values.get(DEPTHS, net.depths if isinstance(net, ResNetConfig) else ())
        total += sum(depths) if isinstance(depths, tuple) else 0
    return total
