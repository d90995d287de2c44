"""The console: one static page. It contains no data; what it shows comes from the API.

The page is put together here from its style sheet and its modules. One response needs no address of its own for any
part: the page does not know the path that it is served under, and a dozen requests at once would exceed the API's
default rate. The modules import each other by name only, so their bundle is what they contain, one after the other,
without ``import`` and ``export``. ``tests/unit/console/test_console_page.py`` checks that they allow this.
"""

import base64
import gzip
import html
import os
import posixpath
import re
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

SOURCES: Final = Path(__file__).parent
IMPORT: Final = re.compile(r'^import \{([^}]*)\} from "(\.\.?/(?:[\w-]+/)*[\w-]+\.js)";\n', re.MULTILINE)
EXPORT: Final = re.compile(r"^export (?=(?:async )?(?:function|class|const|let)\b)", re.MULTILINE)


def read(name: str) -> str:
    """Return a part of the page."""
    return (SOURCES / name).read_text(encoding="utf-8")


def imports(name: str) -> list[tuple[str, str]]:
    """Return what a module imports: names, and the module that they come from."""
    folder = posixpath.dirname(name)
    found = IMPORT.findall(read(f"modules/{name}"))
    return [(names, posixpath.normpath(posixpath.join(folder, path))) for names, path in found]


def bundle(main: str) -> str:
    """Return the module ``main`` after every module that it imports, each once, as one module."""
    order: list[str] = []

    def visit(name: str) -> None:
        for _, imported in imports(name):
            if imported not in order:
                visit(imported)
        order.append(name)

    visit(main)
    return "".join(f"// ---- {name}\n{EXPORT.sub('', IMPORT.sub('', read(f'modules/{name}')))}" for name in order)


def csp_source(content: str) -> str:
    """Return the source that allows an inline element with this content."""
    return f"'sha256-{base64.b64encode(sha256(content.encode()).digest()).decode()}'"


STYLE: Final = read("console.css")
SCRIPT: Final = bundle("main.js")
PAGE: Final = (
    read("index.html")
    # Where the sandbox serves its specimen photos; a deployment has none.
    .replace("{{specimens}}", html.escape(os.environ.get("SPECIMENS", "")))
    .replace("{{style}}", STYLE)
    .replace("{{script}}", SCRIPT)
)
COMPRESSED: Final = base64.b64encode(gzip.compress(PAGE.encode(), mtime=0)).decode()
HEADERS: Final = {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-cache",  # a browser asks each time, and gets 304 until the next deployment
    "etag": f'"{sha256(PAGE.encode()).hexdigest()[:32]}"',
    "vary": "accept-encoding",
    "content-security-policy": (
        f"default-src 'none'; script-src {csp_source(SCRIPT)}; style-src {csp_source(STYLE)}; "
        # The API has the page's own origin; large photos are uploaded to the stack's bucket. The icon is a data: URL.
        f"connect-src 'self' {os.environ['UPLOAD_ORIGIN']}; img-src blob: data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:  # noqa: ANN401  Lambda's context has no type
    """Respond to one request for the page."""
    headers = event.get("headers") or {}
    if HEADERS["etag"] in headers.get("if-none-match", ""):
        return {"statusCode": 304, "headers": HEADERS, "body": ""}
    if "gzip" in headers.get("accept-encoding", ""):
        encoded = HEADERS | {"content-encoding": "gzip"}
        return {"statusCode": 200, "headers": encoded, "body": COMPRESSED, "isBase64Encoded": True}
    return {"statusCode": 200, "headers": HEADERS, "body": PAGE}
