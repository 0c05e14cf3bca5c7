"""The seal of specs: it changes with what a spec may be, and with nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field, ValidationError, create_model

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.data.registry import datasets
from resnet_viz.experiments.run_spec import RULES, STORED, RunSpec
from resnet_viz.store import stored_spec
from resnet_viz.store.stored_spec import canonical_schema, seal


@pytest.fixture
def seal_with(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """The seal of a package that has other names in `specs`."""

    def made(**names: object) -> str:
        with monkeypatch.context() as patch:
            for name, value in names.items():
                patch.setattr(stored_spec, name, value)
            seal.cache_clear()
            return seal()

    yield made
    seal.cache_clear()


CHANGES: Mapping[str, Mapping[str, Any]] = {
    "a new field": {"wings": (int, 2)},
    "another default": {"steps": (Annotated[int, Field(strict=True, ge=1, le=1_000_000)], 61)},
    "another bound": {"steps": (Annotated[int, Field(strict=True, ge=1, le=1_000_001)], 60)},
    "another choice": {"schedule": (Literal["constant", "cosine", "step", "linear"], "constant")},
    "a field that is asked for": {"lr": (Annotated[float, Field(strict=True, ge=0, le=1e6)], ...)},
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_seal_changes_with_what_a_spec_may_hold(
    change: str, seal_with: Callable[..., str]
) -> None:
    other: type[RunSpec] = create_model("RunSpec", __base__=RunSpec, **CHANGES[change])
    assert seal_with(RunSpec=other) != seal_with()


def test_the_seal_changes_with_a_field_of_the_net(seal_with: Callable[..., str]) -> None:
    config = create_model("ResNetConfig", __base__=ResNetConfig, wings=(int, 2))
    other = create_model("RunSpec", __base__=RunSpec, config=(config, ...))
    assert seal_with(RunSpec=other) != seal_with()


def test_the_seal_changes_with_rules_and_data_sets(seal_with: Callable[..., str]) -> None:
    fewer = {name: one for name, one in datasets().items() if name != "cifar10"}
    seals = [seal_with(), seal_with(RULES=RULES + 1), seal_with(datasets=lambda: fewer)]
    assert len(set(seals)) == 3


def test_the_seal_does_not_change_with_words(seal_with: Callable[..., str]) -> None:
    class Other(RunSpec):
        """Another docstring."""

        steps: Annotated[int, Field(strict=True, ge=1, le=1_000_000, description="words")] = 60

    assert "words" in json.dumps(Other.model_json_schema())
    assert seal_with(RunSpec=Other) == seal_with()


def test_the_seal_does_not_change_with_the_version_of_pydantic(
    seal_with: Callable[..., str],
) -> None:
    """2.9 and 2.10 wrote a float's bounds as floats, and 2.11 writes them as whole numbers; where
    definitions and lists stand is nowhere promised.
    """
    newer = RunSpec.model_json_schema()
    older = json.loads(json.dumps(newer).replace('imum": 1,', 'imum": 1.0,'))
    assert json.dumps(older) != json.dumps(newer)
    older["properties"]["config"] = older.pop("$defs")["ResNetConfig"]
    older["properties"] = dict(reversed(older["properties"].items()))
    older["properties"]["seed"]["title"] = "The seed"
    older["properties"]["augment"]["enum"].reverse()
    older["properties"]["subset"]["anyOf"].reverse()

    class Older(RunSpec):
        @classmethod
        def model_json_schema(cls, *_: Any, **__: Any) -> dict[str, Any]:
            return older

    assert seal_with(RunSpec=Older) == seal_with()


def test_fields_may_be_called_like_words() -> None:
    class Book(BaseModel):
        title: str
        description: int = 1

    assert canonical_schema(Book) == {
        "type": "object",
        "required": ["title"],
        "properties": {
            "title": {"type": "string"},
            "description": {"type": "integer", "default": 1.0},
        },
    }


CONFIG = {"depths": [2, 2], "widths": [8, 16], "stem": "cifar", "image_size": 8}
# On the digits, of 8x8, its last maps are 1x1.
DEEP = CONFIG | {"depths": [1] * 4, "widths": [32] * 4}
NUMBERS: Mapping[str, Sequence[object]] = {
    "depths": ([1], [2, 1], [20_001]),
    "widths": ([8], [16, 8]),
    "expansion": (2, 4),
    "cardinality": (2, 3),
    "group_width": (4, 32),
    "stem_width": (1, 2, 4, 32),
    "se_reduction": (8, 64),
    "se_divisor": (8,),
    "reduce_first": (2,),
    "norm_groups": (1, 8),
    "norm_group_width": (4,),
    "gate_bias": (0.0, -3.0),
    "dropout": (0.5,),
    "stochastic_depth": (0.5,),
    "in_channels": (1,),
    "num_classes": (1, 10),
    "image_size": (1, 2, 4),
    "config": (DEEP, DEEP | {"norm": "group"}, DEEP | {"norm": "none"}),
    "name": ("x",),
    "dataset": ("cifar10", "synthetic"),
    "classes": (3, 10),
    "subset": (1, 100, 5000),
    "steps": (1, 2),
    "batch_size": (1, 3000),
    "lr": (0.0,),
    "momentum": (0.0,),
    "weight_decay": (0.0,),
    "warmup_steps": (1, 60),
    "step_milestones": ([1], [30, 30], [60]),
    "step_gamma": (0.0, 1.0),
    "label_smoothing": (0.5,),
    "clip_grad_norm": (1.0,),
    "seed": (1,),
    "device": ("cpu", "cuda:0", "tpu"),
    "evaluate_every": (1,),
    "measure_every": (1,),
    "checkpoints": ([1], [30, 30], [61]),
    "checkpoint_every": (1,),
}


def values(model: type[BaseModel]) -> Mapping[str, Sequence[Any]]:
    """What to try of each field, beside its default."""
    found: dict[str, Sequence[Any]] = {}
    for name, schema in canonical_schema(model)["properties"].items():  # type: ignore[index]
        named = schema.get("enum", (True, False) if schema.get("type") == "boolean" else ())
        found[name] = [one for one in named if one != schema.get("default")] or NUMBERS[name]
    return found


def verdicts(model: type[BaseModel], base: Mapping[str, Any]) -> Iterator[str]:
    """Each change of one field that makes no valid spec of a valid one, and each of two fields
    whose verdict does not follow from theirs.
    """
    ones = [(name, one) for name, some in values(model).items() for one in some]
    is_valid = {json.dumps(one): _is_valid(model, {**base, one[0]: one[1]}) for one in ones}
    yield from (f"{one} is refused" for one, valid in is_valid.items() if not valid)
    for a, b in combinations(ones, 2):
        if a[0] != b[0]:
            valid = _is_valid(model, {**base, a[0]: a[1], b[0]: b[1]})
            if valid != (is_valid[json.dumps(a)] and is_valid[json.dumps(b)]):
                yield f"{json.dumps([a, b])} is {'allowed' if valid else 'refused'}"


def _is_valid(model: type[BaseModel], fields: Mapping[str, Any]) -> bool:
    try:
        model.model_validate(fields, context=STORED)
    except ValidationError:
        return False
    return True


def test_a_changed_rule_has_another_number(equals_golden: Callable[[str, str], None]) -> None:
    """Where this fails, raise RULES in experiments/run_spec.py, `pytest --overwrite`, read it.

    A rule of three fields, or of values that are not tried, is seen by nobody but its author.
    """
    found = [f"RULES = {RULES}", *verdicts(ResNetConfig, CONFIG)]
    found += verdicts(RunSpec, {"config": CONFIG})
    equals_golden("spec_rules.txt", "\n".join(found) + "\n")
