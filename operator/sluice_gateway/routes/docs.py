"""/docs: Swagger UI, whole from here: no script, style or picture comes from elsewhere."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response

PAGE = "/docs"
_PACKAGE = "fastapi_offline"  # looked up and not imported: only the files in it are wanted
_ASSETS = {"favicon.png", "swagger-ui.css", "swagger-ui-bundle.js"}
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sluice: REST API</title>
<link rel="icon" href="docs/assets/favicon.png">
<link rel="stylesheet" href="docs/assets/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="docs/assets/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""
# Paths are relative, so that the page also works below the prefix of a proxy. A token is forgotten
# with the page.
_START = """SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  docExpansion: "none",
  validatorUrl: null,
});
"""
_HEADERS = {
    # data: are the arrows of its own style sheet.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def install(app: FastAPI) -> None:
    """Serve the page, which reads /openapi.json."""
    app.add_route(PAGE, _page, include_in_schema=False)
    app.add_route(f"{PAGE}/start.js", _start, include_in_schema=False)
    app.add_route(f"{PAGE}/assets/{{name}}", _asset, include_in_schema=False)


async def _page(_: Request) -> Response:
    return Response(_PAGE, headers=_HEADERS, media_type="text/html")


async def _start(_: Request) -> Response:
    return Response(_START, headers=_HEADERS, media_type="text/javascript")


async def _asset(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in _ASSETS:
        raise HTTPException(404)
    return FileResponse(_folder() / name, headers=_HEADERS)


@cache
def _folder() -> Path:
    spec = find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{_PACKAGE} is not installed: see requirements/gateway.txt")
    return Path(spec.origin).parent / "static"
