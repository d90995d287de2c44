"""``python -m cli``: the command where nothing is installed, as in the container image."""

from cli.main import app

app(prog_name="permit-ocr")
