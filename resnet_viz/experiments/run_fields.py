"""The fields of a run: for each its type, its bounds and what it does, said once for all."""

from typing import Annotated, Literal

from pydantic import Field

from resnet_viz.arch import fields
from resnet_viz.data.dataset import Augment
from resnet_viz.experiments.devices import DEVICE_NAMES
from resnet_viz.experiments.setting import About

Fraction = Annotated[float, Field(strict=True, ge=0, le=1)]
Step = Annotated[int, Field(strict=True, ge=0, le=1_000_000)]
BelowOne = Annotated[float, Field(strict=True, ge=0, lt=1)]
Count = Annotated[int, Field(strict=True, ge=1, le=1_000_000)]
Flag = Annotated[bool, Field(strict=True)]

Dataset = Annotated[
    str,
    Field(max_length=4200),
    About("data", "A data set, or folder:/path for a folder of images, a sub-folder per class."),
]
Classes = Annotated[
    Annotated[int, Field(strict=True, ge=1, le=65_536)] | None,
    About("classes", "How many a folder of images has.", "counted"),
]
Subset = Annotated[
    Annotated[int, Field(strict=True, ge=1, le=1_000_000_000)] | None,
    About("training images", "Train on only so many of the images.", "all", "Data", 100),
]
Augmentation = Annotated[
    Augment,
    About(
        "augmentation",
        "crop_flip crops each image at random out of a frame of an eighth of its side, and "
        "mirrors half of them. A mirrored digit is another sign.",
        group="Data",
    ),
]
Steps = Annotated[Count, About("steps", "Minibatches to train on.", step=10)]
BatchSize = Annotated[
    int,
    Field(strict=True, ge=1, le=65_536),
    About("batch size", "Images per minibatch; fewer for a folder of few images.", step=16),
]
Optimizer = Annotated[
    Literal["sgd", "adam", "adamw"],
    About("optimiser", "What updates the weights.", group="Optimiser"),
]
LearningRate = Annotated[
    float,
    Field(strict=True, ge=0, le=1e6),
    About("learning rate", "Its value once the warm-up is over.", step=0.01),
]
Momentum = Annotated[BelowOne, About("momentum", "For sgd only.", group="Optimiser", step=0.05)]
Nesterov = Annotated[
    Flag, About("Nesterov momentum", "For sgd only, with a momentum above 0.", group="Optimiser")
]
WeightDecay = Annotated[
    Fraction, About("weight decay", "On every parameter.", group="Optimiser", step=0.0001)
]
WarmupSteps = Annotated[
    Step,
    About(
        "warm-up steps",
        "The learning rate grows linearly over these steps.",
        group="Learning rate",
        step=5,
    ),
]
Schedule = Annotated[
    Literal["constant", "cosine", "step"],
    About(
        "schedule",
        "The learning rate after the warm-up: cosine falls to 0 at the last step; step "
        "multiplies it at half and three quarters of the steps (He et al. 2015, 4.2).",
        group="Learning rate",
    ),
]
StepMilestones = Annotated[
    tuple[Step, ...],
    Field(max_length=100),
    About(
        "step milestones",
        "Steps at which schedule step multiplies the learning rate.",
        "half and three quarters of the steps",
    ),
]
StepGamma = Annotated[
    Fraction,
    About(
        "step factor",
        "What schedule step multiplies the learning rate by.",
        group="Learning rate",
        step=0.1,
    ),
]
LabelSmoothing = Annotated[
    BelowOne, About("label smoothing", "From 0 to below 1.", group="Data", step=0.05)
]
ClipGradNorm = Annotated[
    Annotated[float, Field(strict=True, gt=0, le=1e6)] | None,
    About(
        "gradient clipping",
        "The largest norm that all gradients together may have in an update. Records and charts "
        "have the gradients before that.",
        "none",
        "Optimiser",
        0.5,
    ),
]
ImageSize = Annotated[
    fields.ImageSize | None,
    About(
        "image size",
        "Pixels a side, or a height and a width such as 128x64; images are resized to it.",
        "the data's own",
    ),
]
Seed = Annotated[
    int,
    Field(strict=True, ge=0, lt=2**32),
    About("seed", "Of the initial weights and of the data's order."),
]
Device = Annotated[str, About("device", DEVICE_NAMES)]
Precision = Annotated[
    Literal["float32", "tf32", "bfloat16", "float16"],
    About(
        "precision",
        "bfloat16 and float16 are autocast; tf32 is for CUDA; float16 is slow on a CPU.",
        group="Computing",
    ),
]
Compile = Annotated[
    Flag,
    About(
        "compilation",
        "torch.compile: the first step takes a minute or so, the others are faster.",
        group="Computing",
    ),
]
ActivationCheckpointing = Annotated[
    Flag,
    About(
        "activation checkpointing",
        "Keep fewer activations and compute them a second time: the same numbers in less memory, "
        "and about a third more time.",
        group="Computing",
    ),
]
EvaluateEvery = Annotated[
    Step,
    About(
        "steps between evaluations",
        "Loss and accuracy on at most 1,000 images that training never sees; 0: never.",
        group="Measuring",
        step=5,
    ),
]
MeasureEvery = Annotated[
    Count,
    About(
        "steps between measurements",
        "Of what needs activations; gradients and weights are measured at each step.",
        group="Measuring",
        step=5,
    ),
]
Checkpoints = Annotated[
    tuple[Step, ...],
    Field(max_length=100),
    About("checkpoints", "Steps after which the weights are kept.", "only the last ones"),
]
CheckpointEvery = Annotated[
    Step,
    About(
        "steps between kept weights",
        "For the Diagnosis, which measures kept weights; 0: only the last ones, beside the initial "
        "ones.",
        group="Measuring",
        step=5,
    ),
]
