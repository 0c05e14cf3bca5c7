import json
import sys
from hashlib import sha256
from typing import Any

import pytest

from resnet_viz.arch.config import ResNetConfig, explain, revise
from resnet_viz.arch.presets import PRESETS, preset
from resnet_viz.data.adapt import adapt, suitable_image_size
from resnet_viz.experiments.cell_key import cell_key
from resnet_viz.experiments.run_spec import SETTINGS, RunSpec
from resnet_viz.experiments.spec_rules import check_batch_size
from tests.labs import TINY, tiny_spec

SMALL = preset("resnet20-cifar")


def test_a_spec_is_frozen_hashable_and_survives_json() -> None:
    spec = RunSpec(config=SMALL, lr=0.05, name="mine")
    again = RunSpec.model_validate_json(spec.model_dump_json())
    assert (again, hash(again)) == (spec, hash(spec))
    with pytest.raises(ValueError, match="frozen"):
        spec.steps = 3  # type: ignore[misc]


def test_every_setting_says_what_it_is_and_knows_its_values() -> None:
    assert set(SETTINGS) == set(RunSpec.model_fields) - {"config", "name"}
    for field, setting in SETTINGS.items():
        assert setting.about.help.endswith("."), field
        assert setting.about.title[0].isupper()
        assert setting.about.unset or (setting.default is not None and setting.default != ())
        value = getattr(RunSpec(config=SMALL), field)
        assert value is None or isinstance(value, setting.type)
        assert not setting.choices or value in setting.choices


def test_the_defaults_are_those_of_the_contract() -> None:
    expected = {
        "name": "",
        "dataset": "digits",
        "classes": None,
        "subset": None,
        "augment": "none",
        "steps": 60,
        "batch_size": 64,
        "optimizer": "sgd",
        "lr": 0.01,
        "momentum": 0.9,
        "nesterov": False,
        "weight_decay": 1e-4,
        "warmup_steps": 0,
        "schedule": "constant",
        "step_milestones": (),
        "step_gamma": 0.1,
        "label_smoothing": 0.0,
        "clip_grad_norm": None,
        "image_size": None,
        "seed": 0,
        "device": "auto",
        "precision": "float32",
        "compile": False,
        "activation_checkpointing": False,
        "evaluate_every": 0,
        "measure_every": 20,
        "checkpoint_every": 0,
        "checkpoints": (),
    }
    assert RunSpec(config=SMALL).model_dump(exclude={"config"}) == expected


def test_a_config_adapts_to_the_data() -> None:
    adapted = RunSpec(config=SMALL, image_size=12).adapted
    assert (adapted.in_channels, adapted.num_classes, adapted.image_size) == (1, 10, 12)
    assert RunSpec(config=SMALL).adapted.image_size == 8
    tall = RunSpec(config=SMALL, image_size="12x8")
    assert tall == RunSpec.model_validate_json(tall.model_dump_json())
    assert tall.image_size == tall.adapted.image_size == (12, 8)
    assert RunSpec(config=SMALL, image_size=(12, 12)) == RunSpec(config=SMALL, image_size=12)
    assert adapt(SMALL, "digits") == RunSpec(config=SMALL).adapted


@pytest.mark.parametrize(
    ("names", "size"),
    [
        (("resnet56-cifar", "plain56-cifar"), 8),
        (("resnet18",), 32),  # needs 17
        (("resnet20-cifar", "plain34"), 32),
        (("notebook34", "resnet50d", "fastcampus50"), 32),
    ],
)
def test_a_suitable_image_size_is_the_datas_own_or_a_power_of_two(
    names: tuple[str, ...], size: int
) -> None:
    configs = [preset(name) for name in names]
    assert suitable_image_size(configs, "digits") == size
    for config in configs:
        assert RunSpec(config=config, image_size=size).adapted.image_size == size


def test_every_preset_has_a_suitable_image_size_and_none_that_is_smaller() -> None:
    for config in PRESETS.values():
        size = suitable_image_size([config], "digits")
        RunSpec(config=config, image_size=size)
        smaller = {8: None, 16: 8}.get(size, size // 2)
        if smaller:
            with pytest.raises(ValueError, match="too small"):
                RunSpec(config=config, image_size=smaller)
    five_stages = ResNetConfig(depths=(1,) * 5, widths=(8,) * 5, stem="cifar")
    assert suitable_image_size([five_stages], "digits") == 16
    with pytest.raises(ValueError, match="dataset"):
        suitable_image_size([SMALL], "digit")


def test_layer_names_are_the_weighted_layers_of_the_adapted_net() -> None:
    names = tiny_spec().layer_names
    assert names[0] == "stem.conv"
    assert names[-1] == "head.linear"
    assert len(names) == 6


BAD: list[tuple[dict[str, Any], list[str]]] = [
    ({"dataset": "digit"}, ["dataset", "'digit'", "did you mean 'digits'"]),
    ({"dataset": 3}, ["dataset", "3"]),
    ({"steps": 0}, ["steps = 0", "1"]),
    ({"steps": 10**9}, ["steps", "1000000"]),
    ({"steps": "3"}, ["steps = '3'", "integer"]),
    ({"steps": True}, ["steps = True", "integer"]),
    ({"steps": 3.0}, ["steps = 3.0", "integer"]),
    ({"batch_size": 1501}, ["batch_size = 1501", "1500 training images", "at most 1500"]),
    ({"dataset": "noise:1"}, ["dataset = 'noise'", "nothing after its name"]),
    ({"dataset": "digits:"}, ["dataset = 'digits'", "nothing after its name"]),
    ({"dataset": "folder"}, ["dataset = 'folder'", "folder:/path"]),
    ({"dataset": "folder: "}, ["dataset = 'folder'", "folder:/path"]),
    ({"dataset": "folder:/no/such"}, ["'folder:/no/such'", "there is no such folder"]),
    ({"dataset": "folder:/\udcff"}, ["dataset = 'folder'", "UTF-8"]),
    ({"dataset": "folder:" + 5000 * "x"}, ["dataset = 'folder'", "4096"]),
    ({"classes": 3}, ["classes = 3", "dataset = 'digits' has 10"]),
    ({"subset": 0}, ["subset = 0", "1"]),
    ({"subset": 1501}, ["subset = 1501", "at most 1500"]),
    ({"subset": 63}, ["batch_size = 64", "63 images of the subset"]),
    ({"augment": "flip"}, ["augment = 'flip'", "'none' or 'crop_flip'"]),
    ({"nesterov": True, "momentum": 0.0}, ["nesterov = True", "momentum above 0"]),
    ({"nesterov": True, "optimizer": "adam"}, ["nesterov = True", "optimizer = 'sgd'"]),
    ({"nesterov": 1}, ["nesterov = 1", "bool"]),
    ({"schedule": "linear"}, ["schedule = 'linear'", "'constant', 'cosine' or 'step'"]),
    ({"schedule": "cosine", "warmup_steps": 60}, ["warmup_steps = 60", "at most 59"]),
    ({"step_milestones": [5]}, ["step_milestones = (5,)", "schedule = 'step'"]),
    ({"schedule": "step", "step_milestones": [5, 5]}, ["(5, 5)", "from 1 to 59"]),
    ({"schedule": "step", "step_milestones": [60]}, ["(60,)", "from 1 to 59"]),
    ({"schedule": "step", "step_milestones": [0]}, ["(0,)", "from 1 to 59"]),
    ({"schedule": "step", "step_milestones": ["5"]}, ["step_milestones", "'5'", "integer"]),
    ({"schedule": "step", "step_gamma": 1.5}, ["step_gamma = 1.5", "1"]),
    ({"label_smoothing": 1.0}, ["label_smoothing = 1.0", "less than 1"]),
    ({"clip_grad_norm": 0.0}, ["clip_grad_norm = 0.0", "greater than 0"]),
    ({"precision": "tf32", "device": "cpu"}, ["precision = 'tf32'", "CUDA", "'cpu'"]),
    ({"precision": "tf32", "device": "mps"}, ["precision = 'tf32'", "CUDA", "'mps'"]),
    ({"compile": "yes"}, ["compile = 'yes'", "bool"]),
    ({"evaluate_every": -1}, ["evaluate_every = -1", "0"]),
    ({"measure_every": 0}, ["measure_every = 0", "1"]),
    ({"checkpoint_every": 1, "steps": 5000}, ["keep the weights 5,000 times", "at least 5"]),
    ({"batch_size": 0}, ["batch_size = 0", "1"]),
    ({"lr": float("nan")}, ["lr = nan", "finite"]),
    ({"lr": float("inf")}, ["lr = inf", "finite"]),
    ({"lr": -0.1}, ["lr = -0.1", "greater than or equal to 0"]),
    ({"lr": "0.1"}, ["lr = '0.1'", "number"]),
    ({"momentum": 1}, ["momentum = 1", "less than 1"]),
    ({"weight_decay": 2.0}, ["weight_decay = 2.0"]),
    ({"warmup_steps": -1}, ["warmup_steps = -1"]),
    ({"seed": -1}, ["seed = -1"]),
    ({"seed": 2**32}, ["seed"]),
    ({"optimizer": "sdg"}, ["optimizer = 'sdg'", "'sgd', 'adam' or 'adamw'"]),
    ({"precision": "float8"}, ["precision = 'float8'", "'bfloat16' or 'float16'"]),
    ({"device": "gpu"}, ["device = 'gpu'", "'auto', 'cpu', 'mps', 'cuda'"]),
    ({"device": "cuda:x"}, ["device = 'cuda:x'", "'cuda:N'"]),
    ({"device": "cpu\n"}, ["device", "'cpu'"]),
    ({"name": "x" * 201}, ["name", "200"]),
    ({"epochs": 3}, ["epochs"]),
    ({"config": {"depths": [0]}}, ["config", "depths", "0"]),
    ({"config": preset("resnet18")}, ["image_size = 8", "smallest that fits is 17"]),
    ({"config": preset("resnet50"), "image_size": 16}, ["image_size = 16", "is 17"]),
    ({"image_size": (2, 64)}, ["image_size = 2x64", "smallest that fits is 3"]),
    ({"image_size": "8 by 8"}, ["image_size = '8 by 8'", "such as 128x64"]),
    ({"image_size": 20_000}, ["image_size = 20000", "16384"]),
    ({"image_size": 2}, ["image_size = 2", "smallest that fits is 3"]),
]


@pytest.mark.parametrize(("fields", "words"), BAD, ids=lambda value: str(value)[:40])
def test_bad_specs_are_refused_in_one_clear_line(fields: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        RunSpec(**({"config": SMALL} | fields))
    line = explain(caught.value)
    assert "\n" not in line
    for word in words:
        assert word in line


def test_batch_norm_refuses_a_single_value_a_channel() -> None:
    one_pixel = {"config": SMALL, "image_size": 3, "batch_size": 1}
    with pytest.raises(ValueError, match=r"batch_size = 1 .* at least 2"):
        RunSpec(**one_pixel)
    assert RunSpec(**(one_pixel | {"batch_size": 2})).batch_size == 2
    bare = ResNetConfig(**(SMALL.model_dump() | {"norm": "none"}))
    assert RunSpec(**(one_pixel | {"config": bare})).batch_size == 1


@pytest.mark.parametrize("norm", ["batch", "group", "none"])
@pytest.mark.parametrize("order", ["original", "full_preactivation"])
@pytest.mark.parametrize("widths", [(8, 16), (32, 96), (64, 128), (16, 64)])
@pytest.mark.parametrize("size", [2, 3, 4])
def test_a_batch_of_one_is_refused_exactly_where_torch_refuses_it(
    norm: str, order: str, widths: tuple[int, ...], size: int
) -> None:
    import torch

    from resnet_viz.nets.network import build_resnet

    config = ResNetConfig.model_validate(
        {
            "depths": (1, 1),
            "widths": widths,
            "stem": "cifar",
            "norm": norm,
            "activation_order": order,
            "image_size": size,
            "in_channels": 1,
            "num_classes": 10,
        }
    )
    images = torch.zeros(1, 1, size, size)
    try:
        build_resnet(config, seed=0)(images)
        refusal = ""
    except ValueError as error:
        refusal = str(error)
    try:
        check_batch_size(config, 1)
        ours = ""
    except ValueError as error:
        ours = str(error)
    assert bool(ours) == bool(refusal), refusal
    if ours:
        assert f"leaves {norm} norm one value a" in ours
    check_batch_size(config, 2)


def test_a_run_is_called_by_its_name_or_its_config() -> None:
    assert RunSpec(config=SMALL).display_name == "resnet20-cifar"
    assert RunSpec(config=SMALL, name="first").display_name == "first"
    assert RunSpec(config=TINY).display_name.startswith("ResNet-6 ")


def test_specs_and_runs_need_neither_torch_nor_streamlit() -> None:
    import subprocess

    code = (
        "import sys, resnet_viz.experiments.run_spec;"
        "import resnet_viz.lab.lab, resnet_viz.workers.run_worker;"
        "print(sorted({'torch', 'streamlit', 'sklearn'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_what_was_trained_before_gates_had_a_field_keeps_its_key() -> None:
    """The digest that version 0.2.0 made; another one would train every cell again."""
    spec = RunSpec(config=preset("resnet20-cifar"), device="cpu")
    assert cell_key(spec) == "a589f1a021a6d52671eff95011e326ea"
    other = spec.model_copy(update={"config": revise(spec.config, gate_bias=-3.0)})
    assert cell_key(other) != cell_key(spec)


def test_a_further_kind_of_block_leaves_nets_and_keys_as_they_were() -> None:
    """By the digest that was made before there were blocks of one layer."""
    known = [
        (name, config.model_dump_json(), cell_key(RunSpec(config=config, device="cpu")))
        for name, config in PRESETS.items()
        if name.endswith("-cifar") and "1layer" not in name
    ]
    digest = sha256(json.dumps(known).encode()).hexdigest()
    assert digest[:16] == "6d1e271e71b97d9a"
