"""The workloads of `lenslet bench` in PyTorch: the same models, batches and optimisers, on the CPU or where --device says.

Prints one JSON object like `lenslet bench --json`: rows with name, images_per_second, ms_p50, ms_p95; for single ops with
name and gflops. Data is noise that
lies on the device; a step is forward, loss, backward and update (or forward alone), and its loss is waited for.
"""

import argparse
import json
import statistics
import time

import torch
from torch import nn


def block(inputs, outputs):
    return [nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.ReLU()]


def digits(activation):
    return nn.Sequential(
        nn.Conv2d(1, 8, 5), activation(), nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 5), activation(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(256, 10),
    )


def cifar():
    return nn.Sequential(
        *block(3, 32), *block(32, 32), nn.MaxPool2d(2),
        *block(32, 64), *block(64, 64), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(4096, 10),
    )


class Basic(nn.Module):
    """A basic block of ResNet (He et al. 2015), as torchvision has it."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.way = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(),
            nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs),
        )
        same = stride == 1 and inputs == outputs
        project = lambda: nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))
        self.short = nn.Identity() if same else project()

    def forward(self, x):
        return torch.relu(self.way(x) + self.short(x))


def resnet18():
    stem = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
    widths = [(64, 64, 1), (64, 128, 2), (128, 256, 2), (256, 512, 2)]
    stages = [layer for i, o, s in widths for layer in (Basic(i, o, s), Basic(o, o, 1))]
    return nn.Sequential(*stem, *stages, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 1000))


def sgd(parameters):
    return torch.optim.SGD(parameters, lr=0.1, momentum=0.9)


def adam(parameters):
    return torch.optim.Adam(parameters, lr=1e-3)


# name: model, shape of a batch, classes, optimiser (None: inference)
WORKLOADS = {
    "digits": (lambda: digits(nn.ReLU), (64, 1, 28, 28), 10, sgd),
    "digits-sigmoid": (lambda: digits(nn.Sigmoid), (64, 1, 28, 28), 10, sgd),
    "cifar": (cifar, (64, 3, 32, 32), 10, adam),
    "resnet18": (resnet18, (64, 3, 64, 64), 1000, sgd),
    "digits-inference": (lambda: digits(nn.ReLU), (1, 1, 28, 28), 10, None),
    "resnet18-inference": (resnet18, (1, 3, 224, 224), 1000, None),
}


# Rows, columns, depth: as in crates/lenslet/src/bench/kernels.rs.
GEMM = [
    (1024, 1024, 1024), (8, 36864, 25), (16, 4096, 200), (32, 65536, 27), (64, 16384, 288), (8, 25, 36864),
    (64, 288, 16384), (64, 12544, 147), (512, 49, 4608), (64, 10, 256), (1, 1000, 512),
]


def products(device):
    for m, n, k in GEMM:
        a, b = torch.randn(m, k, device=device), torch.randn(k, n, device=device)
        yield 2 * m * n * k, lambda a=a, b=b: torch.mm(a, b)


def convolution(device):
    x, weight = torch.randn(32, 32, 32, 32, device=device), torch.randn(64, 32, 3, 3, device=device)
    dy, flops = torch.randn(32, 64, 32, 32, device=device), 2 * 32 * 64 * 32 * 32 * 32 * 9
    grad = torch.nn.grad
    yield flops, lambda: nn.functional.conv2d(x, weight, padding=1)
    yield flops, lambda: grad.conv2d_input(x.shape, weight, dy, padding=1)
    yield flops, lambda: grad.conv2d_weight(x, weight.shape, dy, padding=1)


SINGLE = {"gemm": products, "conv3x3": convolution}


def measure_single(name, device):
    """GFLOP/s of the nodes together, each by its median of nine."""
    arithmetic, seconds = 0, 0.0
    with torch.inference_mode():
        for flops, run in SINGLE[name](device):
            run()
            times = []
            for _ in range(9):
                began = time.perf_counter()
                run()
                if device != "cpu":
                    torch.cuda.synchronize()
                times.append(time.perf_counter() - began)
            arithmetic, seconds = arithmetic + flops, seconds + statistics.median(times)
    return {"name": name, "gflops": arithmetic / seconds / 1e9}


def stepper(name, device):
    model, shape, classes, optimiser = WORKLOADS[name]
    model, x = model().to(device), torch.randn(shape, device=device)
    if optimiser is None:
        model.eval()

        def read():
            with torch.inference_mode():
                model(x)[0, 0].item()

        return read
    labels = torch.randint(0, classes, shape[:1], device=device)
    optimiser = optimiser(model.parameters())

    def train():
        optimiser.zero_grad(set_to_none=True)
        loss = nn.functional.cross_entropy(model(x), labels)
        loss.backward()
        optimiser.step()
        loss.item()

    return train


def measure(name, device, seconds):
    step = stepper(name, device)
    for _ in range(3):
        step()
    times, start = [], time.perf_counter()
    while len(times) < 3 or time.perf_counter() - start < seconds:
        began = time.perf_counter()
        step()
        times.append(time.perf_counter() - began)
    times.sort()
    batch = WORKLOADS[name][1][0]
    at = lambda share: times[round((len(times) - 1) * share)] * 1e3
    rate = batch / statistics.mean(times)
    return {"name": name, "images_per_second": rate, "ms_p50": at(0.5), "ms_p95": at(0.95)}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--filter", default="", help="the workload of this name, or all with this in their names")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--seconds", type=float, default=3.0, help="how long each is timed")
    options = parser.parse_args()
    chosen = options.filter
    known = [*WORKLOADS, *SINGLE]
    names = [chosen] if chosen in known else [name for name in known if chosen in name]
    rows = [
        measure_single(name, options.device) if name in SINGLE else measure(name, options.device, options.seconds)
        for name in names
    ]
    print(json.dumps({"adapter": f"PyTorch {torch.__version__}, {options.device}", "rows": rows}))


main()
