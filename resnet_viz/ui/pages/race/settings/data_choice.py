"""The choice of a data set, and the offers to fetch one and to look through a folder."""

from __future__ import annotations

import streamlit as st

from resnet_viz.data.dataset import suitable_batch
from resnet_viz.data.registry import dataset_info, offered
from resnet_viz.experiments.run_spec import DEFAULT_BATCH
from resnet_viz.ui.pages.race.words import data_name, folder_found
from resnet_viz.ui.widgets import job_progress, message_box
from resnet_viz.ui.widgets.markdown import plain
from resnet_viz.ui.widgets.note import note

_DOWNLOAD, _LOOK = "download", "folder"
_BATCH, _SUITED = "race_batch_size", "race_batch_suited"


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
        on_change=_suit_batch,
        args=(key,),
    )
    return name


def _suit_batch(key: str) -> None:
    """A folder of few images that is chosen gets a batch size that suits it, until it is left."""
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


def batch_note(dataset: str) -> None:
    """That the batch size was made to suit a folder, until another is chosen."""
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
    """A button that fetches `dataset`, where it can be fetched and is not there."""
    info = dataset_info(dataset)
    if info.place or not info.download_megabytes:
        return
    words = f"Download {info.title} ({info.download_megabytes} MB)"
    if st.button(words, key="race_download"):
        job_progress.hand_in(_DOWNLOAD, "data", {"name": dataset, "download": True}, dataset)
    end = job_progress.outcome(_DOWNLOAD, f"{info.title} is being downloaded")
    if end is None or end.about != dataset:
        return
    if end.problem:
        job_progress.complain(end)
    else:
        job_progress.forget(_DOWNLOAD)
        st.rerun()


def folder_check(dataset: str) -> None:
    """For a folder: a button that reads all its images, and what was found until another is chosen.

    A process of its own reads them; a race does so, too, and leaves out the same files.
    """
    if dataset_info(dataset).classes is not None:
        return
    batch_note(dataset)
    name = data_name(dataset)
    if st.button(f"Look through {name}", key="race_look", help="Which files cannot be read?"):
        job_progress.hand_in(_LOOK, "data", {"name": dataset}, dataset)
    end = job_progress.outcome(_LOOK, f"Every image of {name} is read")
    if end is None or end.about != dataset:
        return
    if end.problem:
        job_progress.complain(end)
    else:
        is_whole = not (end.done["unreadable"] or end.done["remarks"])
        tell = message_box.info if is_whole else message_box.warning
        tell(folder_found(name, end.done))
