"""Rules: combinations of fields that make no network, each with a sentence that says why."""

from __future__ import annotations

from collections.abc import Iterator

from resnet_viz.arch.fields import ConfigFields, height_and_width, short_size

MAX_BLOCKS = 20_000
LEAST_STEM_WIDTH = {"imagenet": 1, "cifar": 1, "deep": 2, "tiered": 3}


def violations(config: ConfigFields) -> Iterator[str]:
    """The rules that `config` breaks, a sentence each."""
    yield from _stages(config)
    yield from _sizes(config)
    yield from _groups(config)
    yield from _one_layer(config)
    yield from _plain_nets(config)
    yield from _zero_starts(config)
    yield from _transforms(config)


def _stages(config: ConfigFields) -> Iterator[str]:
    if len(config.depths) != len(config.widths):
        yield (
            f"widths = {list(config.widths)} has {len(config.widths)} stages, but depths = "
            f"{list(config.depths)} has {len(config.depths)}; give as many widths as depths"
        )
    if sum(config.depths) > MAX_BLOCKS:
        yield (
            f"depths = {list(config.depths)} make {sum(config.depths)} blocks; "
            f"at most {MAX_BLOCKS} are allowed"
        )


def _sizes(config: ConfigFields) -> Iterator[str]:
    if min(height_and_width(config.image_size)) < config.smallest_image_size:
        yield (
            f"image_size = {short_size(config.image_size)} leaves nothing to halve in this net; "
            f"the smallest that fits its stem and stages is {config.smallest_image_size}"
        )
    if config.stem == "cifar" and config.stem_pool != "max":
        yield (
            f"stem_pool = {config.stem_pool!r} needs a stem with a pool, but stem = 'cifar' has "
            "none; allowed: 'max', or another stem"
        )
    least = LEAST_STEM_WIDTH[config.stem]
    if config.width_of_stem < least:
        yield (
            f"stem_width = {config.width_of_stem} (null means widths[0]) is too narrow for "
            f"stem = {config.stem!r}, which splits it; allowed: at least {least}"
        )
    channels = [config.width_of_stem, *(w * config.block_expansion for w in config.widths)]
    if config.shortcut == "zero_pad" and channels != sorted(channels):
        yield (
            f"widths = {list(config.widths)} shrink (channels {channels} from the stem on), but "
            "shortcut = 'zero_pad' can only add channels; allowed: widths that never shrink, or "
            "another shortcut"
        )


def _groups(config: ConfigFields) -> Iterator[str]:
    for field, only in (("cardinality", 1), ("group_width", 64), ("reduce_first", 1)):
        if config.block != "bottleneck" and getattr(config, field) != only:
            yield (
                f"{field} = {getattr(config, field)} needs block = 'bottleneck'; "
                f"block = {config.block!r} allows only {only}"
            )
    narrow = min(config.widths)
    if config.block == "bottleneck" and config.inner_width(narrow) < 1:
        yield (
            f"group_width = {config.group_width} leaves a stage of width {narrow} no channel in "
            f"its 3x3; allowed with these widths: at least {-(-64 // narrow)}"
        )
    for width in config.widths:
        own = config.inner_width(width) // config.cardinality
        if config.block == "bottleneck" and own % config.reduce_first:
            yield (
                f"reduce_first = {config.reduce_first} does not divide the {own} channels of a "
                f"group in the 3x3 of the stage of width {width}; allowed: a divisor of {own}"
            )
            return


def _one_layer(config: ConfigFields) -> Iterator[str]:
    """What needs a second convolution in the branch."""
    if config.block != "one_layer":
        return
    for field, is_fine, allowed in (
        ("expansion", config.block_expansion == 1, "1 or null"),
        ("antialias", config.antialias == "none", "'none'"),
        ("dropout", not config.dropout, "0"),
        ("init", config.init != "fixup", "any other init"),
    ):
        if not is_fine:
            yield (
                f"{field} = {getattr(config, field)!r} needs a second convolution in the branch, "
                f"but block = 'one_layer' has one; allowed: {allowed}"
            )


def _plain_nets(config: ConfigFields) -> Iterator[str]:
    """What makes sense only beside a shortcut."""
    if config.shortcut != "none":
        return
    defaults = {
        "zero_init_residual": False,
        "stochastic_depth": 0.0,
        "residual_scale": "none",
        "shortcut_transform": "identity",
    }
    for field, default in defaults.items():
        if (value := getattr(config, field)) != default:
            yield (
                f"{field} = {value!r} needs a shortcut, but shortcut = 'none' makes a plain net; "
                f"allowed: {default!r}"
            )
    if config.init == "fixup":
        yield (
            "init = 'fixup' needs a shortcut, but shortcut = 'none' makes a plain net; "
            "allowed: any other init"
        )


def _zero_starts(config: ConfigFields) -> Iterator[str]:
    """A branch may start at 0, but it has to be able to leave it."""
    if config.zero_init_residual:
        ends_in_norm = config.activation_order in ("original", "relu_only_preactivation")
        if config.norm == "none" or not ends_in_norm:
            yield (
                f"zero_init_residual = True needs a branch that ends in a norm, but norm = "
                f"{config.norm!r} and activation_order = {config.activation_order!r}; "
                "allowed: False"
            )
        if config.residual_scale != "none":
            yield (
                "zero_init_residual = True with residual_scale = 'skipinit' would keep the branch "
                "at 0 for ever; allowed: one of the two"
            )
    if config.init == "fixup":
        yield from _fixup(config)


def _fixup(config: ConfigFields) -> Iterator[str]:
    if config.norm != "none":
        yield f"init = 'fixup' needs norm = 'none', not {config.norm!r}"
    if config.residual_scale != "none":
        yield (
            "init = 'fixup' with residual_scale = 'skipinit' would keep the branch at 0 for ever; "
            "allowed: one of the two"
        )
    if config.activation_order == "relu_before_addition":
        yield (
            "init = 'fixup' starts a branch's last convolution at 0, where the activation of "
            "activation_order = 'relu_before_addition' passes no gradient; allowed: another order"
        )


def _transforms(config: ConfigFields) -> Iterator[str]:
    if config.shortcut == "projection_all" and config.shortcut_transform != "identity":
        yield (
            f"shortcut_transform = {config.shortcut_transform!r} changes identity shortcuts, and "
            "shortcut = 'projection_all' has none; allowed: 'identity'"
        )
