"""``python -m pipelines.export``: a trained recognizer in, its networks as ONNX out."""

import os
from typing import Any

from pipelines.command import Outcome, command


@command("export")
def main(cfg: dict[str, Any]) -> Outcome:
    """Export the model of a command line."""
    # Before torch is imported, whose exporter remarks on every recurrent layer.
    os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")
    from pipelines.exporting import export

    return export(cfg)


if __name__ == "__main__":
    main()
