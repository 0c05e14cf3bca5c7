"""The choice of a data set, and the offers to fetch one and to look through a folder."""

from __future__ import annotations

import json

import streamlit as st

from resnet_viz.lab.data.registry import dataset_info, offered
from resnet_viz.ui.common import say
from resnet_viz.ui.common.command import run_command
from resnet_viz.ui.common.waiting import outcome
from resnet_viz.ui.race.words import data_name, folder_found

_CHECKED = "race_folder_checked"


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


def folder_check(dataset: str) -> None:
    """For a folder: a button that reads all its images, and what was found until another is chosen.

    A process of its own reads them; a race does so, too, and leaves out the same files.
    """
    if dataset_info(dataset).classes is not None:
        return
    name = data_name(dataset)
    if st.button(f"Look through {name}", key="race_look", help="Which files cannot be read?"):
        work = outcome(
            f"Every image of {name} is read",
            lambda tick: json.loads(run_command(["data", dataset, "--json"], tick)),
        )
        st.session_state[_CHECKED] = dataset, work
    checked, end = st.session_state.get(_CHECKED, ("", {}))
    if checked != dataset:
        return
    if "problem" in end:
        say.error(end["problem"])
    else:
        tell = say.warning if end["done"]["unreadable"] else say.info
        tell(folder_found(name, end["done"]))
