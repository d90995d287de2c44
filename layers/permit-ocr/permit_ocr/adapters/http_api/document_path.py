"""The id in a path."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Path

DocumentId = Annotated[
    str,
    Path(
        pattern=r"^[0-9a-f]{32}$",
        description="The document's id, as the answer that accepted it, its event or the page of a file named it.",
    ),
]
