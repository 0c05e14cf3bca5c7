"""Data choice of a race: a box of data sets, and offers to fetch one and to check a folder."""

from __future__ import annotations

from typing import Any

import streamlit as st

from resnet_viz.data.dataset import suitable_batch
from resnet_viz.data.registry import dataset_info, offered
from resnet_viz.experiments.run_spec import DEFAULT_BATCH
from resnet_viz.ui.pages.race.words import data_name, folder_words
from resnet_viz.ui.widgets import job_progress, message_box
from resnet_viz.ui.widgets.markdown import plain
from resnet_viz.ui.widgets.page_texts import note

_DOWNLOAD, _LOOK = "download", "folder"
_BATCH, _SUITED = "race_batch_size", "race_batch_suited"


def data_box(key: str) -> str:
    """Draw the data sets there are, and the folders that the server's owner offers; returns the
    chosen one."""
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
        on_change=_suit_batch,
        args=(key,),
    )
    return name


def _suit_batch(key: str) -> None:
    """Set a batch size that suits a folder of few images, until another data set is chosen."""
    dataset = dataset_info(st.session_state[key])
    before, _, batch = st.session_state.pop(_SUITED, ("", 0, 0))
    if before and st.session_state[_BATCH] == batch:
        st.session_state[_BATCH] = DEFAULT_BATCH
    try:
        images = dataset.count_training()
    except ValueError:  # which is said where the race is checked
        return
    if dataset.train is None and images is not None and images < st.session_state[_BATCH]:
        st.session_state[_BATCH] = suitable_batch(images, DEFAULT_BATCH)
        st.session_state[_SUITED] = dataset.name, images, st.session_state[_BATCH]


def _batch_note(dataset: str) -> None:
    """Draw why the batch size was made to suit a folder, until another is chosen."""
    name, images, batch = st.session_state.get(_SUITED, ("", 0, 0))
    if name == dataset and batch == st.session_state[_BATCH]:
        note(
            f"Batch size {batch}, because {plain(data_name(dataset))} has {images} images to train "
            "on."
        )


def _title(name: str) -> str:
    info = dataset_info(name)
    return data_name(name) if info.place else f"{name} (not here)"


def download_offer(dataset: str) -> None:
    """Draw a button that fetches `dataset`, where it can be fetched and is not there."""
    info = dataset_info(dataset)
    if info.place or not info.download_megabytes:
        return
    words = f"Download {info.title} ({info.download_megabytes} MB)"
    if st.button(words, key="race_download"):
        job_progress.hand_in(_DOWNLOAD, "data", {"name": dataset, "download": True}, dataset)
    if _result(_DOWNLOAD, f"{info.title} is being downloaded", dataset):
        job_progress.forget(_DOWNLOAD)
        st.rerun()


def folder_check(dataset: str) -> None:
    """Draw, for a folder, a button that reads all its images, and the result until another is
    chosen.

    A process of its own reads them; a race does so, too, and leaves out the same files.
    """
    if dataset_info(dataset).classes is not None:
        return
    _batch_note(dataset)
    name = data_name(dataset)
    if st.button(f"Look through {name}", key="race_look", help="Which files cannot be read?"):
        job_progress.hand_in(_LOOK, "data", {"name": dataset}, dataset)
    if report := _result(_LOOK, f"Every image of {name} is read", dataset):
        is_whole = not (report["unreadable"] or report["remarks"])
        draw = message_box.info if is_whole else message_box.warning
        draw(folder_words(name, report))


def _result(slot: str, words: str, dataset: str) -> Any:
    """The result of a job for `dataset`; None without one, after its progress or its problem."""
    end = job_progress.outcome(slot, words)
    if end is None or end.about != dataset:
        return None
    if end.problem:
        job_progress.complain(end)
    return end.done
