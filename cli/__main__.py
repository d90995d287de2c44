"""``python -m cli``: runs ``permit-ocr`` where the package is not installed, as in the container image."""

from cli.main import app

app(prog_name="permit-ocr")
