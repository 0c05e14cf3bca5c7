"""Scripts: one of all modules; each name that is imported is exported; and nothing of a host."""

from __future__ import annotations

import re

from resnet_viz.stage.page import stage_page
from resnet_viz.stage.recording import recording
from resnet_viz.stage.scripts import FOLDER, one_module
from resnet_viz.stage.words import WORDS

TEXTS = {file.name: file.read_text(encoding="utf-8") for file in FOLDER.glob("*.js")}


def test_each_import_is_exported() -> None:
    for text in TEXTS.values():
        for names, file in re.findall(r'^import \{ ?([^}]*?) ?\} from "\./([\w.]+)"', text, re.M):
            exported = re.findall(r"^export (?:class|const|function) (\w+)", TEXTS[file], re.M)
            assert set(names.split(", ")) <= set(exported), (file, names)


def test_one_script_has_every_module_once_after_those_it_needs() -> None:
    script = one_module()
    defined = re.findall(r"^const from_(\w+) = ", script, re.M)
    assert sorted(defined) == sorted(name.removesuffix(".js") for name in TEXTS)
    assert "import " not in script.replace("// ", "")
    for number, name in enumerate(defined):
        needed = re.findall(r'from "\./(\w+)\.js"', TEXTS[f"{name}.js"])
        assert set(needed) <= set(defined[:number])


def test_no_script_knows_a_host() -> None:
    for file, text in TEXTS.items():
        assert not re.search("streamlit|jupyter|anywidget|plotly", text, re.I), file


def test_each_word_that_a_script_asks_for_is_there() -> None:
    asked = {word for text in TEXTS.values() for word in re.findall(r"\bwords\.(\w+)", text)}
    assert asked <= set(WORDS)


def test_a_page_is_one_file_that_asks_for_nothing() -> None:
    page = stage_page(recording(), "<b>Race</b>")
    assert not re.search(r"<(link|img|iframe)\b|\bsrc=|https?://(?!www\.w3\.org)", page)
    assert "&lt;b&gt;Race" in page


def test_the_recording_says_when_and_where_it_was_made() -> None:
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", recording()["date"])
    assert recording()["machine"]
    assert [net["name"] for net in recording()["nets"]] == ["ResNet-56", "Plain-56"]
    assert recording()["over"]
