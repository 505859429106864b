"""Serving the page of a recognizer, which is made first if there is none: the steps of `pipelines.web`."""

import logging
from pathlib import Path

from pipelines.cli.command import CommandOutcome
from pipelines.cli.export_schema import WebConfig
from pipelines.web_page.choices import page_choices, page_folder, page_settings
from pipelines.web_page.folder import (
    PAGE_NAME,
    check_overwrites_only_pages,
    check_page_source,
    find_export,
    write_page,
)
from pipelines.web_page.server import PageServer, is_loopback
from recognizers.pretrained import folder_for_results

log = logging.getLogger(__name__)


def serve(cfg: WebConfig) -> CommandOutcome:
    """Serve the page of a recognizer until Ctrl-C."""
    folder = _find_or_make(cfg)
    with PageServer(folder, cfg.host, cfg.port) as server:
        log.info("the page is at %s until you press Ctrl-C", server.url)
        if not is_loopback(cfg.host):
            log.warning(
                "host=%s: other machines can open the page, but browsers give it microphone and camera only through "
                "https; put it behind a server that has https, or publish %s on a static host",
                cfg.host,
                folder,
            )
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            log.info("stopped")
        return CommandOutcome({"web": str(folder), "url": server.url})


def _find_or_make(cfg: WebConfig) -> Path:
    """Return the folder of the page; it is made of the recognizer's export, which is made first if there is none."""
    model = Path(cfg.model)
    if (model / PAGE_NAME).is_file():
        return model
    folder = page_folder(cfg)
    if (folder / PAGE_NAME).is_file() and not cfg.overwrite:
        return folder
    check_page_source(model)
    check_overwrites_only_pages(folder)
    export = find_export(folder_for_results(model))
    if export is not None:
        write_page(folder, export, model, page_choices(cfg))
        return folder
    from pipelines.cli.export_schema import ExportConfig
    from pipelines.inference.export_onnx import export as export_model

    export_model(ExportConfig(web=True, **page_settings(cfg)))
    return folder
