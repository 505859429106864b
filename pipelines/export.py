"""``python -m pipelines.export``: a trained recognizer in, its networks as ONNX out."""

import os

from pipelines.cli.command import CommandOutcome, command
from pipelines.cli.schema import ExportConfig


@command("export")
def main(cfg: ExportConfig) -> CommandOutcome:
    """Export the model of a command line."""
    # Before torch is imported, whose exporter remarks on every recurrent layer.
    os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")
    from pipelines.inference.export_onnx import export

    return export(cfg)


if __name__ == "__main__":
    main()
