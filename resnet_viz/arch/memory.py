"""TrainingMemory: the memory that a training step keeps, computed from the plan; no torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from resnet_viz.arch.plan import NetworkPlan
from resnet_viz.arch.segments import elements_kept

Optimizer = Literal["sgd", "adam", "adamw"]
Precision = Literal["float32", "tf32", "bfloat16", "float16"]

_FLOAT32 = 4


@dataclass(frozen=True, slots=True)
class TrainingMemory:
    """Bytes that a training step keeps, by purpose.

    `weights` are the parameters, `gradients` one for each, `optimizer_state` the momentum of SGD
    or the two moments of Adam, `probes` what a run measures its updates by (convolutions and
    matrices as they were, and the difference), and `activations` what autograd keeps for the
    backward pass (with the minibatch itself).
    """

    weights: int
    gradients: int
    optimizer_state: int
    probes: int
    activations: int

    @property
    def total(self) -> int:
        """The sum of all of it."""
        state = self.weights + self.gradients + self.optimizer_state
        return state + self.probes + self.activations


def training_memory(
    plan: NetworkPlan,
    batch: int,
    optimizer: Optimizer = "sgd",
    precision: Precision = "float32",
    *,
    checkpointing: bool = False,
    momentum: float = 0.9,
) -> TrainingMemory:
    """The memory that a training step of `batch` images keeps.

    In float32 `activations` is exact without checkpointing. Approximate are:

    * the total: gradients come while activations go, so that both are never whole at once; left
      out are gradients of activations (a few of the largest tensors), what convolutions use while
      they run, the norms' running statistics, and whatever PyTorch itself takes;
    * checkpointing: every segment's input and the inside of the largest (`segments`);
    * bfloat16 and float16, which are autocast: weights, gradients and optimiser stay float32;
      activations count half, and a 16-bit copy of each convolution's and matrix's weights is
      added. The indices of max pooling do not shrink. Group norm runs in float32 on CUDA, so with
      it activations count in full.
    """
    weights = _FLOAT32 * plan.params
    buffers = {"sgd": 1 if momentum else 0, "adam": 2, "adamw": 2}[optimizer]
    return TrainingMemory(
        weights=weights,
        gradients=weights,
        optimizer_state=buffers * weights,
        probes=2 * _FLOAT32 * _matrix_elements(plan),
        activations=_activation_bytes(plan, batch, precision, checkpointing),
    )


def largest_batch(
    plan: NetworkPlan,
    available_bytes: int,
    optimizer: Optimizer = "sgd",
    precision: Precision = "float32",
    *,
    checkpointing: bool = False,
    momentum: float = 0.9,
) -> int:
    """The largest batch whose training step keeps at most `available_bytes`; 0 if none does."""
    fixed, one = (
        training_memory(
            plan, batch, optimizer, precision, checkpointing=checkpointing, momentum=momentum
        ).total
        for batch in (0, 1)
    )
    return max(0, (available_bytes - fixed) // (one - fixed))


def _activation_bytes(
    plan: NetworkPlan, batch: int, precision: Precision, checkpointing: bool
) -> int:
    full = plan.activation_bytes(batch)
    if checkpointing:
        statistics = plan.activation_bytes(0)
        full = min(full, _FLOAT32 * batch * elements_kept(plan) + statistics)
    if precision in ("float32", "tf32"):
        return full
    halved = full if plan.config.norm == "group" else full // 2
    return halved + _FLOAT32 // 2 * _matrix_elements(plan)


def _matrix_elements(plan: NetworkPlan) -> int:
    """Parameters of convolutions and linear layers, biases left out."""
    return sum(
        count * (operation.params - operation.bias * operation.out_shape[0])
        for unit, count in plan.unit_runs
        for operation in unit.weighted
    )
