"""data: the data sets there are, one of them looked through, or fetched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from resnet_viz.cli.errors import CommandFailedError, InputError, input_errors
from resnet_viz.cli.output import print_json, print_lines, print_note, print_table
from resnet_viz.data.dataset import Dataset, DownloadError, Pixels, Split, remark_sentences
from resnet_viz.data.registry import dataset_info, datasets

_PARTS: tuple[Split, ...] = ("train", "test")
_FIELDS = ("name", "title", "channels", "classes", "image_size", "train", "test")


def show(name: str | None, *, download: bool, as_json: bool) -> None:
    """All data sets; or one, after reading every image of it.

    Raises:
        InputError: for one that is unknown, not there, damaged, or not to be downloaded.
        CommandFailedError: where it cannot be downloaded.
    """
    if name is None:
        if download:
            raise InputError("--download needs the NAME of a data set")
        _show_all(as_json=as_json)
        return
    with input_errors():
        dataset = dataset_info(name)
        if download and not dataset.place:
            _download(dataset)
        dataset.check_there()
        parts = {split: dataset.open(split) for split in _PARTS}
        classes = dataset.count_classes()
    record = _record(dataset) | {"classes": classes}
    record |= {split: len(part.labels) for split, part in parts.items()}
    _show_one(dataset, record, parts, as_json=as_json)


def _download(dataset: Dataset) -> None:
    try:
        dataset.download()
    except DownloadError as error:
        raise CommandFailedError(str(error)) from error


def _show_all(*, as_json: bool) -> None:
    if as_json:
        print_json([_record(dataset) for dataset in datasets().values()])
        return
    headings = ("name", "what", "channels", "classes", "pixels", "train", "test", "where")
    print_table(headings, (tuple(_row(dataset)) for dataset in datasets().values()))


def _row(dataset: Dataset) -> Iterator[object]:
    for field in _FIELDS:
        value = getattr(dataset, field)
        yield "?" if value is None else value
    yield dataset.place or ("folder:/path" if dataset.classes is None else "not here")


def _record(dataset: Dataset) -> dict[str, object]:
    fields = {field: getattr(dataset, field) for field in (*_FIELDS, "source", "licence")}
    return fields | {"place": dataset.place or None}


def _show_one(
    dataset: Dataset, record: Mapping[str, object], parts: dict[Split, Pixels], *, as_json: bool
) -> None:
    for sentence in remark_sentences(dataset.name, parts.values()):
        print_note(sentence)
    if as_json:
        bad = [file for part in parts.values() for file in part.unreadable]
        remarks = list(dict.fromkeys(remark for part in parts.values() for remark in part.remarks))
        print_json({**record, "unreadable": bad, "remarks": remarks})
        return
    size = dataset.image_size
    print_lines(
        (
            f"{dataset.name}: {dataset.title}",
            f"images    {record['train']:,} to train on, {record['test']:,} held out",
            f"classes   {record['classes']:,}",
            f"pixels    {size} x {size}, channels: {dataset.channels}",
            f"source    {dataset.source}",
            f"licence   {dataset.licence}",
            f"where     {dataset.place}",
        )
    )
