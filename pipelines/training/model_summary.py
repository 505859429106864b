"""What a recognizer consists of, as a table."""

from rich.console import Console
from rich.table import Table
from torch import nn

from recognizers.encoder.encoder import Encoder
from recognizers.head.head import Head


def show_summary(encoder: Encoder, head: Head) -> None:
    """Print the parts that have weights, and how many, to stderr."""
    table = Table("part", "what", title="recognizer", title_justify="left")
    table.add_column("parameters", justify="right")
    for side, module in (("encoder", encoder), ("head", head)):
        assert isinstance(module, nn.Module)
        for name, part in module.named_children():
            if count := _count(part):
                table.add_row(f"{side}.{name}", _what(part), f"{count:,}")
    table.add_row("together", "", f"{_count(encoder) + _count(head):,}")
    Console(stderr=True).print(table)


def _what(part: nn.Module) -> str:
    """Its own description, or that of its parts, those that are alike counted."""
    parts = [str(each) for each in part] if isinstance(part, nn.ModuleList | nn.Sequential) else [str(part)]
    single_lines = [" ".join(each.split()) for each in parts]
    return "\n".join(f"{single_lines.count(each)} x {each}" for each in dict.fromkeys(single_lines))


def _count(module: nn.Module | Encoder | Head) -> int:
    return sum(parameter.numel() for parameter in module.parameters())
