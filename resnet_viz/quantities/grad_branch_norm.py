"""Branch gradient norm: the part of a block's gradient that came through its branch."""

from resnet_viz.quantities.quantity import Quantity, Tensor

QUANTITY = Quantity(
    name="grad_branch_norm",
    title="gradient norm through the branch",
    symbol="‖∂L/∂x‖ via F",
    sentence="The norm of the part of the gradient at a block's input that came through its "
    "branch; in a plain net that is all of it.",
    source="He et al. 2016, arXiv:1603.05027, eq. 5",
    over_parts="norm",
)


def measure(grad_branch: list[Tensor]) -> Tensor:
    """Euclidean norms."""
    from resnet_viz.tensor_stats.norms import norms

    return norms(grad_branch)
