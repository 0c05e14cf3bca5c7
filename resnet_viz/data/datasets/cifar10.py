"""CIFAR-10, by torchvision."""

from resnet_viz.data.downloads import TorchvisionDataset

DATASET = TorchvisionDataset(
    name="cifar10",
    title="CIFAR-10",
    channels=3,
    classes=10,
    image_size=32,
    train=50_000,
    test=10_000,
    source="Krizhevsky 2009, Learning Multiple Layers of Features from Tiny Images",
    licence="none stated",
    kind="CIFAR10",
    files=("cifar-10-batches-py",),
    megabytes=170,
)
