"""The choice of a data set, and the offer to fetch one that is not on this computer."""

from __future__ import annotations

import streamlit as st

from resnet_viz.lab.data.registry import dataset_info, offered
from resnet_viz.ui.common import say
from resnet_viz.ui.common.command import run_command
from resnet_viz.ui.common.waiting import outcome
from resnet_viz.ui.race.words import data_name


def data_box(key: str) -> str:
    """A choice of the data sets there are, and of the folders that the server's owner offers."""
    names = offered()
    if key in st.session_state and st.session_state[key] not in names:
        del st.session_state[key]  # a folder that has gone
    name: str = st.selectbox(
        "Data",
        names,
        format_func=_title,
        key=key,
        help="Folders of images, a sub-folder a class, are offered where they are in the folder "
        "that RESNET_VIZ_DATA names.",
        persist_state="session",
    )
    return name


def _title(name: str) -> str:
    info = dataset_info(name)
    return data_name(name) if info.place else f"{name} (not here)"


def download_offer(dataset: str) -> None:
    """A button that fetches `dataset`, where it can be fetched and is not there."""
    info = dataset_info(dataset)
    if info.place or not info.download_megabytes:
        return
    words = f"Download {info.title} ({info.download_megabytes} MB)"
    if not st.button(words, key="race_download"):
        return
    command = ["data", dataset, "--download", "--json"]
    end = outcome(f"{info.title} is being downloaded", lambda tick: run_command(command, tick))
    if "problem" in end:
        say.error(end["problem"])
    else:
        st.rerun()
