"""The command race: all fields of RunSpec as options."""

from __future__ import annotations

from typing import Annotated

import typer

from resnet_viz.cli.options import DEVICE_HELP, JsonOption


def race(
    configs: Annotated[
        list[str] | None, typer.Argument(metavar="CONFIG...", help="Presets or JSON files.")
    ] = None,
    *,
    experiment: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="A starting point of the Race page, such as 'No norm', instead."
        ),
    ] = None,
    dataset: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="See the command data, or folder:/path; default: digits."
        ),
    ] = None,
    classes: Annotated[
        int | None, typer.Option(metavar="N", help="Of a folder; default: as many as it has.")
    ] = None,
    subset: Annotated[
        int | None, typer.Option(metavar="N", help="Train on so many images; default: all.")
    ] = None,
    augment: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="crop_flip: crop at random, mirror half; default: none."),
    ] = None,
    steps: Annotated[
        int | None, typer.Option(metavar="N", help="Minibatches to train on; default: 60.")
    ] = None,
    batch_size: Annotated[
        int | None, typer.Option(metavar="N", help="Images a minibatch; default: 64.")
    ] = None,
    optimizer: Annotated[
        str | None, typer.Option(metavar="NAME", help="sgd, adam or adamw; default: sgd.")
    ] = None,
    lr: Annotated[
        float | None, typer.Option(metavar="X", help="Learning rate; default: 0.01.")
    ] = None,
    momentum: Annotated[
        float | None, typer.Option(metavar="X", help="Of sgd; default: 0.9.")
    ] = None,
    nesterov: Annotated[bool, typer.Option("--nesterov", help="Nesterov's momentum.")] = False,
    weight_decay: Annotated[
        float | None, typer.Option(metavar="X", help="On every parameter; default: 0.0001.")
    ] = None,
    warmup_steps: Annotated[
        int | None,
        typer.Option(metavar="N", help="Steps in which the rate grows to --lr; default: 0."),
    ] = None,
    schedule: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="constant, cosine or step; default: constant."),
    ] = None,
    step_milestones: Annotated[
        str | None,
        typer.Option(metavar="N,N", help="Steps of schedule step; default: at 1/2 and 3/4 of all."),
    ] = None,
    step_gamma: Annotated[
        float | None,
        typer.Option(metavar="X", help="What multiplies the rate there; default: 0.1."),
    ] = None,
    label_smoothing: Annotated[
        float | None, typer.Option(metavar="X", help="From 0 to below 1; default: 0.")
    ] = None,
    clip_grad_norm: Annotated[
        float | None,
        typer.Option(metavar="X", help="Most that the gradients' norm may be; default: no limit."),
    ] = None,
    image_size: Annotated[
        int | None, typer.Option(metavar="N", help="Pixels a side; default: the data's own.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(metavar="N", help="Of weights and data order; default: 0.")
    ] = None,
    seeds: Annotated[
        str | None,
        typer.Option(metavar="N,N", help="Train each net from each of up to five seeds."),
    ] = None,
    device: Annotated[
        str | None, typer.Option(metavar="NAME", help=f"{DEVICE_HELP} default: auto.")
    ] = None,
    precision: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="float32, tf32, bfloat16 or float16; default: float32."),
    ] = None,
    compile: Annotated[  # noqa: A002
        bool, typer.Option("--compile", help="torch.compile: a slow first step, faster others.")
    ] = False,
    activation_checkpointing: Annotated[
        bool,
        typer.Option(
            "--activation-checkpointing",
            "--checkpointing",
            help="Keep fewer activations, compute them twice.",
        ),
    ] = False,
    evaluate_every: Annotated[
        int | None,
        typer.Option(metavar="N", help="Steps between looks at held-out images; default: 0."),
    ] = None,
    measure_every: Annotated[
        int | None,
        typer.Option(metavar="N", help="Steps between looks at activations; default: 20."),
    ] = None,
    checkpoints: Annotated[
        str | None,
        typer.Option(metavar="N,N", help="Keep the weights after so many steps, besides the last."),
    ] = None,
    checkpoint_every: Annotated[
        int | None,
        typer.Option(metavar="N", help="Steps between weights that are kept; default: 0."),
    ] = None,
    name: Annotated[
        list[str] | None,
        typer.Option(metavar="TEXT", help="What to call a net; give one for each CONFIG."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Train one to six nets on the same minibatches at the same time, and compare them."""
    from resnet_viz.cli import inputs
    from resnet_viz.cli.commands import race as racing

    given = {
        "dataset": dataset,
        "classes": classes,
        "subset": subset,
        "augment": augment,
        "steps": steps,
        "batch_size": batch_size,
        "optimizer": optimizer,
        "lr": lr,
        "momentum": momentum,
        "nesterov": nesterov,
        "weight_decay": weight_decay,
        "warmup_steps": warmup_steps,
        "schedule": schedule,
        "step_milestones": inputs.read_numbers("--step-milestones", step_milestones),
        "step_gamma": step_gamma,
        "label_smoothing": label_smoothing,
        "clip_grad_norm": clip_grad_norm,
        "image_size": image_size,
        "seed": seed,
        "device": device,
        "precision": precision,
        "compile": compile,
        "activation_checkpointing": activation_checkpointing,
        "evaluate_every": evaluate_every,
        "measure_every": measure_every,
        "checkpoint_every": checkpoint_every,
        "checkpoints": inputs.read_numbers("--checkpoints", checkpoints),
    }
    several = inputs.read_numbers("--seeds", seeds)
    entries, training = inputs.read_contestants(configs or (), experiment)
    given = {
        field: training.get(field) if value is None else value for field, value in given.items()
    }
    racing.run(entries, name or (), given, several, as_json=as_json)
