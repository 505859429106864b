"""``python -m pipelines.web``: serve a page that recognises in the browser."""

import os

from pipelines.cli.command import CommandOutcome, command
from pipelines.cli.schema import WebConfig


@command("web")
def main(cfg: WebConfig) -> CommandOutcome:
    """Serve the page."""
    # Set before torch is imported, as for export, which makes the page's networks if there are none.
    os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")
    from pipelines.web_page.serve import serve

    return serve(cfg)


if __name__ == "__main__":
    main()
