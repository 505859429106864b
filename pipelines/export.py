"""``python -m pipelines.export``: convert a recognizer to ONNX."""

import os

from pipelines.cli.command import CommandOutcome, command
from pipelines.cli.schema import ExportConfig


@command("export")
def main(cfg: ExportConfig) -> CommandOutcome:
    """Export the recognizer."""
    # Set before torch is imported: its exporter warns about every recurrent layer.
    os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")
    from pipelines.inference.export_onnx import export

    return export(cfg)


if __name__ == "__main__":
    main()
