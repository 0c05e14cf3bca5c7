"""CIFAR-100 with its 100 fine labels, by torchvision."""

from resnet_viz.data.downloads import TorchvisionDataset

DATASET = TorchvisionDataset(
    name="cifar100",
    title="CIFAR-100",
    channels=3,
    classes=100,
    image_size=32,
    train=50_000,
    test=10_000,
    source="Krizhevsky 2009, Learning Multiple Layers of Features from Tiny Images",
    licence="none stated",
    kind="CIFAR100",
    files=("cifar-100-python",),
    megabytes=169,
)
