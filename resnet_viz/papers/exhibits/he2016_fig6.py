"""He et al. 2016, Fig. 6: training with the norm after the addition, and with pre-activation."""

from resnet_viz.papers.exhibit import Exhibit, Trained
from resnet_viz.papers.exhibits.he2016_table2 import GROUPS, SWEEP
from resnet_viz.papers.statements import Below

EXHIBIT = Exhibit(
    key="he2016-fig6",
    paper="he2016",
    place=60,
    label="Figure 6",
    title="Training curves of usages of activation",
    states="The norm after the addition impedes the signal: the training loss is hard to reduce "
    "(left). Full pre-activation reaches lower test error than the original (right; sec. 4.1).",
    how="The nets of Table 2. Its sweep has their training curves; the rows compare the losses "
    "after the last step.",
    parts=(
        Trained(
            SWEEP,
            GROUPS,
            (
                Below(
                    "Training loss: original below norm after addition",
                    "lower training loss (Fig. 6, left)",
                    "Original",
                    "Norm after addition",
                ),
            ),
            "training loss [nats]",
        ),
        Trained(
            SWEEP,
            GROUPS,
            (
                Below(
                    "Held-out loss: full pre-activation below original",
                    "lower test error (Fig. 6, right)",
                    "Full pre-activation",
                    "Original",
                ),
            ),
            "held-out loss [nats]",
            of="eval_loss",
        ),
    ),
    not_here="Curves of ResNet-110 and ResNet-164 over 64,000 steps; Table 2 says what they cost.",
)
