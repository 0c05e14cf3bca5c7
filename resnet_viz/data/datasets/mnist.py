"""MNIST, handwritten digits: torchvision's files."""

from resnet_viz.data.idx_files import IdxDataset

DATASET = IdxDataset(
    name="mnist",
    title="MNIST (handwritten digits)",
    channels=1,
    classes=10,
    image_size=28,
    train=60_000,
    test=10_000,
    source="LeCun, Bottou, Bengio and Haffner 1998, Gradient-based learning applied to document "
    "recognition",
    licence="CC BY-SA 3.0",
    kind="MNIST",
    files=("MNIST/raw",),
    megabytes=12,
)
