"""How alike the gradients of neighbouring inputs are."""

from resnet_viz.measurements.base.figure import Lines
from resnet_viz.measurements.base.measurement import (
    Given,
    Measured,
    Measurement,
    Setting,
    Subject,
    images,
)
from resnet_viz.measurements.base.result import MeasuredNet
from resnet_viz.measurements.base.verdict import Verdict, if_finite
from resnet_viz.text import number

SMOOTH, NOISE = 0.5, 0.1

MEASUREMENT = Measurement(
    name="shattering",
    title="shattering of the input gradient",
    sentence="Between two training images lie evenly spaced points; each has a gradient by its "
    "pixels. The cosine of neighbours' gradients is near 1 where the net changes smoothly, and "
    "near 0 where its gradient looks like white noise: a step that helps one image then says "
    "nothing about the next. It tells most before the first step; a net whose features have "
    "collapsed looks smooth.",
    formula=r"\frac{1}{P-1}\sum_{i<P} \cos\big(\nabla_x f(x_i),\, \nabla_x f(x_{i+1})\big), "
    r"\quad x_i = a + \tfrac{i-1}{P-1}(b - a)",
    source="Balduzzi et al. 2017, arXiv:1702.08591",
    cost=4,
    gives={
        "cosine": Given("mean cosine of neighbours' gradients"),
        "by_point": Given("cosine of a point's gradient and the next's", ("pair",)),
        "autocorrelation": Given("mean cosine of gradients that many points apart", ("lag",)),
        "similarity": Given("cosines of all points' gradients", ("point", "point")),
    },
    settings=(
        images(128),
        Setting("points", "how many points lie between the two images", 128, 3, 1024),
    ),
    figure=Lines("autocorrelation", "points apart", level=0, first=0),
)


def measure(subject: Subject) -> Measured:
    """Of the first image and the first with another label, in one batch with all images, so that
    batch norm has the statistics of images and not of the line alone; f is the sum of the logits.
    """
    import torch

    images, labels, count = subject.images, subject.labels, int(subject.settings["points"])
    others = (labels != labels[0]).nonzero()
    end = images[int(others[0])] if len(others) else images[-1]
    weights = torch.linspace(0, 1, count, device=images.device).view(-1, 1, 1, 1)
    line = images[0] + weights * (end - images[0])
    batch = torch.cat([line, images]).requires_grad_()
    # The sum over all classes has a gradient; that of the loss's softmax would be 0 at init.
    total = subject.network(batch)[:count].sum()
    gradients = torch.autograd.grad(total, batch)[0][:count].flatten(1).cpu().double()
    unit = gradients / gradients.norm(dim=1, keepdim=True)
    similarity = unit @ unit.T
    means = [similarity.diagonal(lag).mean() for lag in range(count)]
    neighbours = similarity.diagonal(1)
    return {
        "cosine": neighbours.mean(),
        "by_point": neighbours,
        "autocorrelation": torch.stack(means),
        "similarity": similarity,
    }


def verdict(net: MeasuredNet) -> Verdict:
    """How alike neighbours' gradients are."""
    value, step = net.scalar("cosine"), net.result.step
    word = "smooth" if value >= SMOOTH else "noise" if value <= NOISE else "rough"
    after = "" if step == 0 else " (A net whose features have collapsed looks smooth, too.)"
    sentence = f"Neighbours' input gradients have a mean cosine of {number(value)}.{after}"
    return if_finite(value, word, sentence)
