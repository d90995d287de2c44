"""Options that several commands have."""

from typing import Annotated

import typer

Stack = Annotated[str | None, typer.Option(help="A deployed stack. Default: the sandbox running here.")]
Token = Annotated[
    str | None,
    typer.Option(envvar="PERMIT_OCR_TOKEN", help="Token, if the API requires one. Default: AWS credentials."),
]
