"""The commands by name. Each imports what it computes with only when it runs: help is quick."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from typer.core import TyperCommand

from resnet_viz import __version__
from resnet_viz.cli.commands.graph_command import graph
from resnet_viz.cli.commands.papers_command import papers
from resnet_viz.cli.commands.runs_commands import runs_app
from resnet_viz.cli.commands.sweep_command import sweep
from resnet_viz.cli.options import ConfigArgument, JsonOption, output_option
from resnet_viz.experiments.devices import DEVICE_NAMES

DeviceOption = Annotated[str, typer.Option("--device", help=DEVICE_NAMES)]

app = typer.Typer(
    name="resnet_viz",
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(runs_app, name="runs")
app.command()(sweep)
app.command()(papers)


def _say_version(*, is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"resnet_viz {__version__}")
        raise typer.Exit


@app.callback()
def every_command(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=lambda asked: _say_version(is_asked=asked),
            is_eager=True,
            help="Show the version and exit.",
        ),
    ] = False,
) -> None:
    """See how residual networks work: build any ResNet, see what it is, race it against its plain
    twin."""


@app.command()
def presets(*, as_json: JsonOption = False) -> None:
    """List the presets: name, parameters, MACs, source."""
    from resnet_viz.cli.commands import architecture

    architecture.show_presets(as_json=as_json)


@app.command()
def quantities(*, as_json: JsonOption = False) -> None:
    """List what is measured while a net trains: what each quantity is, and where it comes from."""
    from resnet_viz.cli.commands import build

    build.show_quantities(as_json=as_json)


@app.command()
def describe(config: ConfigArgument, *, as_json: JsonOption = False) -> None:
    """Say what a net is: depth, parameters, MACs, shortcuts, memory, and its stages as a table."""
    from resnet_viz.cli import inputs
    from resnet_viz.cli.commands import architecture

    architecture.show_description(inputs.read_net(config), as_json=as_json)


@app.command()
def summary(
    config: ConfigArgument,
    depth: Annotated[int, typer.Option(min=1, max=16, help="Levels of modules to show.")] = 3,
    *,
    as_json: JsonOption = False,
) -> None:
    """Print torchinfo's table of a net, computed on the meta device; --json: all its modules."""
    from resnet_viz.cli import inputs
    from resnet_viz.cli.commands import architecture

    architecture.show_summary(inputs.read_net(config).config, depth, as_json=as_json)


app.command()(graph)


@app.command()
def export(
    config: ConfigArgument,
    export_format: Annotated[
        Literal["torch", "onnx", "json", "markdown", "latex", "csv"],
        typer.Option("--format", help="A PyTorch file, ONNX, the config, or its table."),
    ],
    output: Annotated[Path | None, output_option("Default: standard output.")] = None,
    weights: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="For onnx: weights of PyTorch or safetensors."),
    ] = None,
) -> None:
    """Write a net for other tools: PyTorch source, ONNX, JSON, Markdown, LaTeX or CSV."""
    from resnet_viz.cli import inputs
    from resnet_viz.cli.commands import export as exporting

    exporting.export(inputs.read_net(config).config, export_format, output, weights)


@app.command()
def weights(
    config: ConfigArgument,
    file: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", help="Weights of PyTorch or safetensors."),
    ] = None,
    *,
    download: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Fetch torchvision's published weights first."),
    ] = None,
    output: Annotated[
        Path | None, output_option("Save what fits, under our names: .pth, .pt or .safetensors.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Say which weights of a file fit a net, which do not, and why."""
    from resnet_viz.cli import inputs
    from resnet_viz.cli.commands import weights as weighing

    weighing.one_source(file, download)
    net = inputs.read_net(config)
    if file is None and download is not None:
        file = weighing.download(config, download)
    assert file is not None
    weighing.check_weights(net.config, file, output, as_json=as_json)


@app.command()
def identify(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Weights of PyTorch or safetensors.")
    ],
    *,
    as_json: JsonOption = False,
) -> None:
    """Say which net a file of weights is of, by the names and shapes in it."""
    from resnet_viz.cli.commands import weights as weighing

    weighing.identify(file, as_json=as_json)


@app.command()
def build(
    config: ConfigArgument,
    *,
    device: DeviceOption = "auto",
    batch_size: Annotated[int, typer.Option(min=1, max=65_536, help="Random images.")] = 8,
    as_json: JsonOption = False,
) -> None:
    """Build a net on a device, run it forward and backward, and print what was measured."""
    from resnet_viz.cli import inputs
    from resnet_viz.cli.commands import build

    build.show_build(inputs.read_net(config), device=device, batch_size=batch_size, as_json=as_json)


class _Race(TyperCommand):
    """The command race: its options, which are RunSpec's fields, are made when they are needed, so
    that other commands need not wait for what RunSpec imports."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Arguments and options."""
        if not self.params:
            from resnet_viz.cli.commands import race_command

            alone = typer.Typer(add_completion=False)
            alone.command()(race_command.race)
            whole = typer.main.get_command(alone)
            self.params, self.callback = whole.params, whole.callback
        return super().get_params(ctx)


@app.command(cls=_Race)
def race() -> None:
    """Train one to six nets on the same minibatches at the same time, and compare them."""


@app.command()
def measure(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run's id; see the command runs.")],
    name: Annotated[str, typer.Argument(metavar="NAME", help="See the command measurements.")],
    step: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=0,
            help="The weights that this step begins with; 0: the initial ones; default: the last "
            "that were kept.",
        ),
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="One of its settings.")
    ] = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Measure the weights of a run at a step: shattering, Hessian, lesions, landscape and more."""
    from resnet_viz.cli.commands import measure as measuring

    measuring.measure(run, name, step, settings or (), as_json=as_json)


@app.command()
def measurements(*, as_json: JsonOption = False) -> None:
    """List what can be measured of a run on demand, and what it costs in training steps."""
    from resnet_viz.cli.commands import measure as measuring

    measuring.show_measurements(as_json=as_json)


@app.command()
def data(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="A data set, or folder:/path.")
    ] = None,
    *,
    download: Annotated[
        bool, typer.Option("--download", help="Fetch it first, unless it is there.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """List the data sets and where they are; look through one, or fetch it."""
    from resnet_viz.cli.commands import data as looking

    looking.show(name, download=download, as_json=as_json)


@app.command("app")
def start_app(
    options: Annotated[
        list[str] | None,
        typer.Argument(metavar="[-- STREAMLIT OPTIONS]", help="Such as -- --server.port 8502."),
    ] = None,
) -> None:
    """Open the app in the browser; the same as: streamlit run app.py."""
    from resnet_viz.cli.commands import server

    server.serve(options or ())
