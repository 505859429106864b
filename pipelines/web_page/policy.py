"""What the page may load and run: its content security policy."""

from pipelines.web_page.assets import CDN


def content_policy(loads_from_cdn: bool) -> str:
    """Return the policy of a page.

    Without a content delivery network, everything comes from the page's own folder. With one, its files are fetched,
    their hashes are checked, and code among them is run as a blob, because the content that was checked must be what
    runs.

    Args:
        loads_from_cdn: Whether the libraries are not in the folder.
    """
    scripts = "'self' blob:" if loads_from_cdn else "'self'"
    connections = f"'self' blob: {CDN}" if loads_from_cdn else "'self'"
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src {scripts} 'wasm-unsafe-eval'",
            f"connect-src {connections}",
            "worker-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            "media-src 'self' blob:",  # videos that were dropped
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )
