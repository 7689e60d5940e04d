"""The interactive page at `/docs`: three small files of the package, nothing from elsewhere."""

from __future__ import annotations

from importlib.resources import files

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

# A page that shows faces and holds a key runs no script but its own, and talks to no one but this server.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
_PAGES = {
    "/docs": ("docs.html", "text/html; charset=utf-8"),
    "/docs/page.js": ("docs.js", "text/javascript; charset=utf-8"),
    "/docs/page.css": ("docs.css", "text/css; charset=utf-8"),
}


def add_docs_page(app: FastAPI) -> None:
    """Serve the page and what belongs to it; the files are read once, now."""
    folder = files("visavis.protocols.native") / "static"
    for path, (name, media_type) in _PAGES.items():
        page = _Page((folder / name).read_bytes(), media_type)
        app.add_api_route(path, page.show, include_in_schema=False, response_model=None)


class _Page:
    def __init__(self, content: bytes, media_type: str) -> None:
        self._content = content
        self._media_type = media_type

    async def show(self, request: Request) -> Response:
        return Response(self._content, 200, _HEADERS, self._media_type)
