"""A table of a recognizer's parts and their parameters."""

from rich.console import Console
from rich.table import Table
from torch import nn


def show_model_summary(module: nn.Module) -> None:
    """Print the parts of the encoder and the head, and their numbers of parameters, to stderr."""
    table = Table("part", "layers", title="recognizer", title_justify="left")
    table.add_column("parameters", justify="right")
    for owner, child in module.named_children():
        for name, part in child.named_children():
            if count := _count_parameters(part):
                table.add_row(f"{owner}.{name}", _describe_layers(part), f"{count:,}")
    table.add_row("total", "", f"{_count_parameters(module):,}")
    Console(stderr=True).print(table)


def _describe_layers(part: nn.Module) -> str:
    """Describe a part, or each layer of a list with the number of equal ones, such as "3 x LSTM, 40 to 256"."""
    layers = list(part) if isinstance(part, nn.ModuleList | nn.Sequential) else [part]
    lines = [_describe_layer(layer) for layer in layers]
    return "\n".join(f"{lines.count(line)} x {line}" for line in dict.fromkeys(lines))


def _describe_layer(layer: nn.Module) -> str:
    """Name a layer, and the number of values that come in and go out for each frame."""
    name = type(layer).__name__
    match layer:
        case nn.RNNBase():
            direction = "bidirectional " if layer.bidirectional else ""
            return f"{direction}{name}, {layer.input_size} to {layer.hidden_size * (1 + layer.bidirectional)}"
        case nn.Linear():
            return f"{name}, {layer.in_features} to {layer.out_features}"
        case nn.LayerNorm():
            return f"{name}, {' x '.join(map(str, layer.normalized_shape))}"
    return name


def _count_parameters(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())
