"""Units: the stem, blocks and head of a config, as operations."""

from __future__ import annotations

from typing import NamedTuple

from resnet_viz.arch.chain import Chain
from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.operations import Operation, Shape, Unit


class Place(NamedTuple):
    """The position of a block in its stage, and what follows from it."""

    stage: int
    is_first: bool
    stride: int
    must_project: bool


def stem_unit(config: ResNetConfig) -> Unit:
    """The stem: the layers before stage 1.

    "imagenet" and "cifar": He 2015, Table 1 and sec. 4.2; "deep": ResNet-C (He et al. 2018,
    arXiv:1812.01187, Fig. 2b); "tiered": its narrower form in timm.
    """
    chain = Chain(config, "", "in", config.image_shape)
    convolutions = _stem_convolutions(config)
    is_smooth = config.antialias != "none" and config.stem != "cifar"
    pools = config.stem_pool == "max" and config.stem != "cifar"
    for number, (channels, kernel, stride) in enumerate(convolutions, start=1):
        suffix = str(number) if len(convolutions) > 1 else ""
        in_its_place = is_smooth and not pools and number == len(convolutions)
        chain.conv(f"conv{suffix}", channels, kernel, 1 if in_its_place else stride)
        if in_its_place:
            chain.antialias("antialias", ceil_mode=False)
        if number < len(convolutions) or config.activation_order != "full_preactivation":
            chain.norm(f"norm{suffix}").activation(f"act{suffix}")
    if pools and config.antialias != "avgpool":
        chain.max_pool("pool", 1 if is_smooth else 2)
    if pools and is_smooth:
        chain.antialias("antialias", ceil_mode=False)
    return Unit(tuple(chain.operations))


def _stem_convolutions(config: ResNetConfig) -> tuple[tuple[int, int, int], ...]:
    """(channels, kernel, stride) of each; the last may stand in the place of the pool (ResNet-RS:
    Bello et al. 2021, arXiv:2103.07579, sec. 4.1)."""
    width = config.stem_width or config.widths[0]
    if config.stem == "cifar":
        return ((width, 3, 1),)
    pool = ((width, 3, 2),) if config.stem_pool == "conv" else ()
    if config.stem == "imagenet":
        return ((width, 7, 2), *pool)
    first = width // 2 if config.stem == "deep" else 3 * width // 8
    return ((first, 3, 2), (width // 2, 3, 1), (width, 3, 1), *pool)


def head_unit(config: ResNetConfig, in_shape: Shape) -> Unit:
    """The head: global average pool and linear; after norm and activation in full pre-activation
    nets."""
    chain = Chain(config, "", "in", in_shape)
    if config.activation_order == "full_preactivation" and config.final_preactivation:
        chain.norm("norm").activation("act")
    chain.global_avg_pool("pool").linear("linear", config.num_classes)
    return Unit(tuple(chain.operations))


def stage_units(config: ResNetConfig, stage: int, in_shape: Shape) -> tuple[Unit, ...]:
    """The units of a stage's blocks; blocks that are alike share one."""
    units: list[Unit] = []
    laid: dict[tuple[Place, Shape], Unit] = {}
    for index in range(config.depths[stage]):
        place = _place(config, stage, index)
        if (place, in_shape) not in laid:
            laid[place, in_shape] = _block_unit(config, place, in_shape)
        units.append(laid[place, in_shape])
        in_shape = units[-1].out_shape
    return tuple(units)


def _place(config: ResNetConfig, stage: int, index: int) -> Place:
    """Which block halves the resolution: each stage's first but in stage 1, or its last."""
    is_first, is_last = index == 0, index == config.depths[stage] - 1
    if config.downsample_at == "first":
        return Place(stage, is_first, 2 if is_first and stage > 0 else 1, must_project=False)
    halves = is_last and stage < len(config.depths) - 1
    return Place(stage, is_first, 2 if halves else 1, must_project=is_last)


def _block_unit(config: ResNetConfig, place: Place, in_shape: Shape) -> Unit:
    """He 2016, Fig. 4: y = after(F(p(x)) + shortcut(x)); a plain block is after(F(p(x)))."""
    kind = _shortcut_kind(config, place, in_shape)
    before = _preactivation(Chain(config, "preactivation.", "in", in_shape))
    branch = _branch(Chain(config, "branch.", before.source, in_shape), place, kind)
    # He 2016, appendix: a stage's first block shares its pre-activation with the projection.
    shares = config.activation_order == "full_preactivation" and place.is_first
    source = before.source if shares and kind == "projection" else "in"
    gate = _gate(Chain(config, "gate.", "in", in_shape), kind)
    path = _shortcut(Chain(config, "shortcut.", source, in_shape), kind, branch.shape, place.stride)
    joined = _joined(branch, gate, path, kind)
    after = _after(Chain(config, "after.", joined[-1].name, branch.shape))
    laid = (*before.operations, *joined, *after.operations)
    return Unit(laid, kind)


def _preactivation(chain: Chain) -> Chain:
    if chain.config.activation_order == "full_preactivation":
        chain.norm("norm").activation("act")
    elif chain.config.activation_order == "relu_only_preactivation":
        chain.activation("act")
    return chain


def _after(chain: Chain) -> Chain:
    """What follows the addition (He 2016, Fig. 4a and b)."""
    order = chain.config.activation_order
    if order == "norm_after_addition":
        chain.norm("norm").activation("act")
    elif order == "original" and chain.config.final_activation:
        chain.activation("act")
    return chain


def _branch(chain: Chain, place: Place, kind: str) -> Chain:
    """The residual branch F and what scales it."""
    _convolved(chain, _convolutions(chain.config, place))
    if chain.config.attention != "none":
        _attention(chain)
    if chain.config.residual_scale == "skipinit":
        chain.elementwise("skipinit", "skipinit", "inputs")
    if chain.config.stochastic_depth > 0:
        chain.elementwise("stochastic_depth", "stochastic_depth")
    if kind == "scaled":
        chain.elementwise("scale", "scale")
    return chain


def _convolved(chain: Chain, convolutions: tuple[tuple[int, int, int, int], ...]) -> None:
    """Convolutions with norm, activation and dropout where the order has them."""
    order = chain.config.activation_order
    norm_first = order == "full_preactivation"
    is_smooth, before = chain.config.antialias != "none", 1
    for number, (channels, kernel, stride, groups) in enumerate(convolutions, start=1):
        is_last = number == len(convolutions)
        if number > 1:
            if norm_first:
                chain.norm(f"norm{number}")
            chain.activation(f"act{number if norm_first else number - 1}")
            if is_smooth and before > 1:  # Zhang 2019, sec. 3.3: after the activation
                chain.antialias("antialias")
            if chain.config.dropout > 0:
                chain.dropout(f"dropout{number}")
        chain.conv(f"conv{number}", channels, kernel, 1 if is_smooth else stride, groups=groups)
        before = stride
        if not norm_first and not (is_last and order == "norm_after_addition"):
            chain.norm(f"norm{number}")
        if is_last and order == "relu_before_addition":
            chain.activation(f"act{number}")


def _convolutions(config: ResNetConfig, place: Place) -> tuple[tuple[int, int, int, int], ...]:
    """(out channels, kernel, stride, groups) of a branch's convolutions: He 2015, Fig. 5; one
    layer: He 2016, sec. 4.1 and Table 3."""
    width, stride = config.widths[place.stage], place.stride
    out = width * config.block_expansion
    if config.block == "one_layer":
        return ((out, 3, stride, 1),)
    if config.block == "basic":
        return ((width, 3, stride, 1), (out, 3, 1, 1))
    inner = config.inner_width(width)
    on_1x1 = config.stride_on == "1x1"
    return (
        (inner // config.reduce_first, 1, stride if on_1x1 else 1, 1),
        (inner, 3, 1 if on_1x1 else stride, config.cardinality),
        (out, 1, 1, 1),
    )


def _attention(chain: Chain) -> None:
    """x times a weight for each channel, made of the channels' means.

    "se": sigmoid(W2 relu(W1 mean(x))), Hu et al. 2018, arXiv:1709.01507, Fig. 3. "eca":
    sigmoid(w * mean(x)), w a filter over neighbouring channels, Wang et al. 2020,
    arXiv:1910.03151, Fig. 2.
    """
    name, source, shape = chain.config.attention, chain.source, chain.shape
    channels = shape[0]
    chain.global_avg_pool(f"{name}.pool")
    if name == "eca":
        chain.channel_conv("eca.conv", eca_kernel(channels))
    else:
        chain.linear("se.reduce", chain.config.squeezed_width(channels))
        chain.elementwise("se.act", "relu", "output").linear("se.expand", channels)
    chain.elementwise(f"{name}.sigmoid", "sigmoid", "output")
    chain.multiply(f"{name}.multiply", source, shape)


def eca_kernel(channels: int) -> int:
    """The filter's width, the odd number at (log2(channels) + 1) / 2, at least 3: Wang et al. 2020,
    eq. 12, rounded as in timm."""
    return max(3, channels.bit_length() // 2 | 1)


def _shortcut_kind(config: ResNetConfig, place: Place, in_shape: Shape) -> str:
    """He 2015, sec. 3.3 and 4.1: A pads, B projects where dimensions change, C projects always."""
    if config.shortcut == "none":
        return "none"
    if config.shortcut == "projection_all":
        return "projection"
    out_channels = config.widths[place.stage] * config.block_expansion
    changes = place.stride > 1 or in_shape[0] != out_channels
    if config.shortcut == "zero_pad":
        return "zero_pad" if changes else config.shortcut_transform
    return "projection" if changes or place.must_project else config.shortcut_transform


def _shortcut(chain: Chain, kind: str, out_shape: Shape, stride: int) -> Chain:
    """The path around F; an identity has no operations."""
    if kind == "zero_pad":
        chain.zero_pad("pad", out_shape[0], stride)
    elif kind in ("projection", "conv1x1"):
        _projection(chain, out_shape[0], stride)
    elif kind == "dropout":
        chain.dropout("dropout")
    elif kind == "scaled":
        chain.elementwise("scale", "scale")
    return chain


def _projection(chain: Chain, channels: int, stride: int) -> None:
    """A 1x1 convolution with norm, without one before a pre-activation block (He 2016); a 3x3
    where the stride is 2 in SENet-154 (Hu et al. 2018)."""
    config = chain.config
    if config.shortcut == "avgpool_projection" and stride == 2:
        chain.avg_pool("pool")
        stride = 1
    kernel = 3 if config.projection_kernel == "3x3" and stride == 2 else 1
    chain.conv("conv", channels, kernel, stride)
    if config.projection_norm and "preactivation" not in config.activation_order:
        chain.norm("norm")


def _gate(chain: Chain, kind: str) -> Chain:
    """g(x) = sigmoid(W x + b), W a 1x1 convolution: He 2016, Fig. 2c and d."""
    if kind in ("exclusive_gate", "shortcut_only_gate"):
        chain.conv("conv", chain.shape[0], 1, bias=True).elementwise("sigmoid", "sigmoid", "output")
    return chain


def _joined(branch: Chain, gate: Chain, path: Chain, kind: str) -> tuple[Operation, ...]:
    """Branch, gate and shortcut up to the addition, or the branch alone in a plain block."""
    if kind == "none":
        return tuple(branch.operations)
    if gate.operations:
        if kind == "exclusive_gate":
            branch.multiply("gated", gate.source, branch.shape)
        path.source = gate.source
        path.elementwise("complement", "complement").multiply("gated", "in", path.shape)
    total = Chain(branch.config, "", branch.source, branch.shape).add("add", path.source)
    laid = (gate, branch, path, total)
    return tuple(operation for chain in laid for operation in chain.operations)
