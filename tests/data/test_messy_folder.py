"""Folders as people have them: what can be read is read as it is seen, all else is said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageOps

from resnet_viz.data.dataset import remark_sentences, suitable_batch
from resnet_viz.data.pictures import can_be_read, middle
from resnet_viz.data.registry import dataset_info
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.scheduler.preflight import check_ready
from resnet_viz.training.loop import train
from resnet_viz.training.tensors import load
from tests.data.conftest import write_image
from tests.labs import TINY


def picture(seed: int, height: int = 24, width: int = 24, channels: int = 3) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (height, width, channels), np.uint8)


def two_classes(root: Path, counts: tuple[int, int] = (6, 6), below: str = "") -> Path:
    for name, count in zip(("cat", "dog"), counts, strict=True):
        for number in range(count):
            write_image(root / below / name / f"{number}.png", (9, 8), seed=number)
    return root


def spec(root: Path, **fields: object) -> RunSpec:
    return RunSpec.model_validate(
        {"config": TINY, "dataset": f"folder:{root}", "device": "cpu", "image_size": 16} | fields
    )


def said(root: Path) -> str:
    info = dataset_info(f"folder:{root}")
    parts = [info.open("train"), info.open("test")]
    return "\n".join(remark_sentences(info.name, parts))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_upright_as_its_camera_was_held(orientation: int, tmp_path: Path) -> None:
    notes = Image.Exif()
    notes[0x0112] = orientation
    image = Image.fromarray(picture(0, 20, 30))
    image.save(tmp_path / "phone.png", exif=notes.tobytes())
    with Image.open(tmp_path / "phone.png") as opened:
        upright = ImageOps.exif_transpose(opened).convert("RGB")
    expected = np.asarray(ImageOps.fit(upright, (12, 12), Image.Resampling.BILINEAR))
    seen = middle(tmp_path / "phone.png", 12)
    np.testing.assert_array_equal(seen, expected)


def test_what_is_transparent_is_seen_on_white(tmp_path: Path) -> None:
    rgba = picture(1, channels=4)
    rgba[:12, :, 3], rgba[12:, :, 3] = 0, 255
    Image.fromarray(rgba).save(tmp_path / "alpha.png")
    seen = middle(tmp_path / "alpha.png", 24)
    assert seen is not None
    assert (seen[:12] == 255).all()
    np.testing.assert_array_equal(seen[12:], rgba[12:, :, :3])
    palette = Image.fromarray(picture(2)).convert("P")
    palette.info["transparency"] = palette.getpixel((0, 0))
    palette.save(tmp_path / "palette.gif", transparency=palette.getpixel((0, 0)))
    in_palette = middle(tmp_path / "palette.gif", 24)
    assert in_palette is not None
    assert tuple(in_palette[0, 0]) == (255, 255, 255)


@pytest.mark.parametrize(
    ("name", "kind", "mode"),
    [
        *(("a.JPG", "JPEG", "RGB"), ("a.jpeg", "JPEG", "L"), ("a.jpg", "JPEG", "CMYK")),
        *(("a.webp", "WEBP", "RGB"), ("a.gif", "GIF", "P"), ("a.tiff", "TIFF", "RGB")),
        *(("a.BMP", "BMP", "RGB"), ("a.jpg", "PNG", "RGB"), ("a.png", "PNG", "LA")),
        *(("a.png", "PNG", "1"), ("a.jfif", "JPEG", "RGB"), ("a.png", "JPEG", "YCbCr")),
    ],
)
def test_formats_are_told_by_content_and_their_colours_kept(
    name: str, kind: str, mode: str, tmp_path: Path
) -> None:
    flat = np.full((16, 16, 3), (200, 40, 90), np.uint8)
    image = Image.fromarray(flat).convert(mode)
    image.save(tmp_path / name, kind)
    seen = middle(tmp_path / name, 16)
    assert seen is not None
    expected = np.asarray(Image.fromarray(flat).convert(mode).convert("RGB"))
    assert np.abs(seen.astype(int) - expected).max() <= 6
    assert can_be_read(tmp_path / name)


@pytest.mark.parametrize("content", [b"", b"<html>404</html>", b"%!PS-Adobe-3.0 EPSF-3.0\n"])
def test_what_is_no_picture_is_not_read(content: bytes, tmp_path: Path) -> None:
    """Nor handed to another program, as Pillow hands PostScript to Ghostscript."""
    (tmp_path / "a.jpg").write_bytes(content)
    assert middle(tmp_path / "a.jpg", 8) is None
    assert not can_be_read(tmp_path / "a.jpg")


def test_half_a_picture_is_not_read(tmp_path: Path) -> None:
    Image.fromarray(picture(3, 200, 200)).save(tmp_path / "a.jpg")
    whole = (tmp_path / "a.jpg").read_bytes()
    assert can_be_read(tmp_path / "a.jpg")
    (tmp_path / "a.jpg").write_bytes(whole[: len(whole) // 2])
    assert middle(tmp_path / "a.jpg", 8) is None
    assert not can_be_read(tmp_path / "a.jpg")


@pytest.mark.parametrize(
    ("train_name", "test_name"),
    [("Train", "Test"), ("training", "testing"), ("TRAIN", "Valid"), ("train", "Validation")],
)
def test_the_parts_are_known_in_any_spelling(
    train_name: str, test_name: str, tmp_path: Path
) -> None:
    two_classes(tmp_path, (5, 4), train_name)
    two_classes(tmp_path, (2, 1), test_name)
    (tmp_path / test_name / "dog").rename(tmp_path / test_name / "Dog")
    (tmp_path / "readme.md").write_text("mine")
    info = dataset_info(f"folder:{tmp_path}")
    assert info.count_classes() == 2
    assert np.bincount(info.open("train").labels).tolist() == [5, 4]
    assert np.bincount(info.open("test").labels).tolist() == [2, 1]
    assert "outside the classes' folders: 'readme.md'" in said(tmp_path)


def test_a_folder_for_training_alone_is_parted(tmp_path: Path) -> None:
    two_classes(tmp_path, (6, 12), "Train")
    info = dataset_info(f"folder:{tmp_path}")
    assert np.bincount(info.open("train").labels).tolist() == [5, 10]
    assert np.bincount(info.open("test").labels).tolist() == [1, 2]


@pytest.mark.parametrize("counts", [(1, 40), (2, 40), (5, 100), (7, 1)])
def test_each_class_keeps_images_to_train_on(counts: tuple[int, int], tmp_path: Path) -> None:
    info = dataset_info(f"folder:{two_classes(tmp_path, counts)}")
    held_out = [count // 6 or (1 if count > 2 else 0) for count in counts]
    learnt = np.bincount(info.open("train").labels, minlength=2)
    assert learnt.tolist() == [n - part for n, part in zip(counts, held_out, strict=True)]
    assert np.bincount(info.open("test").labels, minlength=2).tolist() == held_out
    assert min(learnt) >= 1


def test_a_class_whose_pictures_cannot_be_read_is_refused_before_the_run(tmp_path: Path) -> None:
    two_classes(tmp_path, (6, 40))
    for file in (tmp_path / "cat").iterdir():
        file.write_bytes(b"\x89PNG")
    made = spec(tmp_path, batch_size=4)
    words = "no image to train on in the sub-folder 'cat' can be read"
    with pytest.raises(ValueError, match=words):
        check_ready([made])
    with pytest.raises(ValueError, match=words):
        dataset_info(made.dataset).open("train")


def test_too_few_pictures_that_can_be_read_are_refused_before_the_run(tmp_path: Path) -> None:
    two_classes(tmp_path, (12, 12))
    for number in range(8):
        (tmp_path / "cat" / f"{number}.png").write_bytes(b"")
    for fields in ({"batch_size": 16}, {"batch_size": 4, "subset": 16}):
        with pytest.raises(ValueError, match=r" = 16 is more than the \d+ training images"):
            check_ready([spec(tmp_path, **fields)])
    check_ready([spec(tmp_path, batch_size=8)])


def test_a_wrong_number_of_classes_is_refused_before_the_run(tmp_path: Path) -> None:
    two_classes(tmp_path)
    made = spec(tmp_path, classes=3, batch_size=4)
    with pytest.raises(ValueError, match=r"classes = 3, but dataset = '.*' has 2; give 2"):
        check_ready([made])
    check_ready([spec(tmp_path, classes=2, batch_size=4)])


def test_what_is_left_out_is_said(tmp_path: Path) -> None:
    two_classes(tmp_path, (8, 8))
    for name in ("cat/phone.HEIC", "cat/notes.txt", "dog/Thumbs.db", "cat/._0.png"):
        (tmp_path / name).write_bytes(b"\0")
    write_image(tmp_path / "dog" / ".ipynb_checkpoints" / "0.png", (9, 9))
    write_image(tmp_path / "__MACOSX" / "cat" / "0.png", (9, 9))
    write_image(tmp_path / "dog" / "puppies" / "young" / "1.png", (9, 9))
    write_image(tmp_path / "loose.png", (9, 9))
    (tmp_path / "dog" / "again").symlink_to(tmp_path / "cat")
    info = dataset_info(f"folder:{tmp_path}")
    assert info.count_classes() == 2
    assert len(info.open("train").labels) + len(info.open("test").labels) == 8 + 9
    text = said(tmp_path)
    for words in (
        "by their endings (.db, .heic, .txt): 'cat/notes.txt', 'cat/phone.HEIC', 'dog/Thumbs.db'",
        "hidden or a system's: '__MACOSX', 'cat/._0.png', 'dog/.ipynb_checkpoints'",
        "outside the classes' folders: 'loose.png'",
        "links to folders are not followed: 'dog/again'",
        "count as the class's: 'dog/puppies/young (1)'",
    ):
        assert words in text
    assert text.isprintable() or "\n" in text


def test_classes_one_folder_deeper_are_hinted_at(tmp_path: Path) -> None:
    two_classes(tmp_path, below="photos")
    with pytest.raises(ValueError, match=f"did you mean folder:{tmp_path}/photos"):
        spec(tmp_path)


@pytest.mark.parametrize(
    ("images", "batch"), [(1, 2), (3, 2), (9, 4), (20, 8), (63, 16), (64, 64), (5000, 64)]
)
def test_a_small_folder_gets_a_batch_size_that_suits_it(images: int, batch: int) -> None:
    assert suitable_batch(images, 64) == batch


def test_a_run_on_a_small_folder_needs_no_batch_size(tmp_path: Path) -> None:
    made = spec(two_classes(tmp_path, (12, 12)), steps=2)
    assert made.batch_size == 8
    check_ready([made])
    assert len(list(train(made))) == 2
    assert len(load(made.dataset, 16)) == 20
    again = RunSpec.model_validate_json(made.model_dump_json())
    assert again == made
