"""Fashion-MNIST: torchvision's files, or those of Debian's package dataset-fashion-mnist."""

from resnet_viz.data.idx_files import IdxDataset

DATASET = IdxDataset(
    name="fashion-mnist",
    title="Fashion-MNIST",
    channels=1,
    classes=10,
    image_size=28,
    train=60_000,
    test=10_000,
    source="Zalando Research, Xiao et al. 2017, arXiv:1708.07747",
    licence="MIT",
    kind="FashionMNIST",
    files=("FashionMNIST/raw",),
    megabytes=31,
)
