"""A net as an ONNX file, with the weights of a new one."""

from __future__ import annotations

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.scheduler.jobs.kind import JobRequest, Kind, Report
from resnet_viz.scheduler.memory_fit import check_room

FILE = "net.onnx"
KIND = Kind("onnx", "The export", is_shared=True)
_COPIES = 4  # the net, the exporter's own, the message and its bytes


class Request(JobRequest):
    """Which net."""

    config: ResNetConfig


def work(request: Request, report: Report) -> object:
    """The name of the file in the job's folder."""
    from resnet_viz.nets.network import build_resnet
    from resnet_viz.nets.onnx import check_size, to_onnx

    check_size(request.config)
    check_room(request.config, copies=_COPIES)
    data = to_onnx(build_resnet(request.config, seed=0))
    (report.folder / FILE).write_bytes(data)
    return FILE
