"""Registry of data sets: those found in `datasets`; no torch."""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from functools import lru_cache
from importlib import import_module
from types import MappingProxyType

from resnet_viz.data import datasets as folder
from resnet_viz.data.dataset import Dataset
from resnet_viz.data.elsewhere import ELSEWHERE
from resnet_viz.text import unknown_name


@lru_cache(maxsize=1)
def datasets() -> Mapping[str, Dataset]:
    """All data sets by name, "digits" first and the others sorted."""
    names = [module.name for module in pkgutil.iter_modules(folder.__path__)]
    all_datasets: list[Dataset] = [
        import_module(f"{folder.__name__}.{name}").DATASET for name in names
    ]
    all_datasets.sort(key=lambda dataset: (dataset.name != "digits", dataset.name))
    return MappingProxyType({dataset.name: dataset for dataset in all_datasets})


def dataset_info(name: str) -> Dataset:
    """The data set called `name`, or `name:argument`.

    Raises:
        ValueError: for an unknown name, with near ones suggested, or an argument that it has not.
    """
    head, colon, argument = name.partition(":")
    if colon and head == ELSEWHERE.name:
        return ELSEWHERE.at(argument)
    if head not in datasets():
        raise ValueError(unknown_name("dataset", name, tuple(datasets())))
    return datasets()[head].at(argument) if colon else datasets()[head]


def offered() -> tuple[str, ...]:
    """The choices if nobody may name a folder: all data sets, and the folders of images in the
    folder for data sets."""
    return tuple(name for dataset in datasets().values() for name in dataset.offered())
