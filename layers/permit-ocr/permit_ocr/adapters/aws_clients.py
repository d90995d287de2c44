"""Clients of AWS's services: the runtime's botocore, without reading what this application never uses.

Making clients is most of a cold start, and most of that is reading: botocore looks into the directory of every service
AWS has, parses the endpoints of all of them and the models of ours with their documentation, and boto3 adds file
transfers. So clients come from botocore itself, and the build (``layers/aws_models.py``) leaves copies of its data for
the services below beside this module, without documentation. Whatever is not there is read where botocore has it: the
runtime's botocore may be newer than the copies and ask for more.
"""

from pathlib import Path
from typing import Any, Final, Literal, get_args

from botocore.config import Config
from botocore.loaders import Loader
from botocore.session import Session

from permit_ocr.adapters.container_credentials import ask_when_used

type Service = Literal["dynamodb", "s3", "secretsmanager", "sqs"]
SERVICES: Final[tuple[str, ...]] = get_args(Service.__value__)
MODELS: Final = Path(__file__).parent / "aws_models"
_USER_AGENT: Final = "permit-ocr"
"""Botocore's own tells the versions of everything; it is put together anew for each call: a third of a call's time."""


class _Models(Loader):
    """Botocore's data, the copies before the originals."""

    def __init__(self) -> None:
        super().__init__(extra_search_paths=[str(MODELS)])

    def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002  botocore's signature
        """Return the services that are used; botocore would look for all there are."""
        return list(SERVICES)

    def is_builtin_path(self, path: str) -> bool:  # noqa: ARG002  botocore's signature
        """Say that endpoints are botocore's own: a copy is."""
        return True


class AwsClients:
    """Makes clients that share credentials and what was read for them."""

    def __init__(self) -> None:
        self._session = Session()
        self._session.register_component("data_loader", _Models())
        ask_when_used(self._session)
        self._clients: list[Any] = []

    def client(self, service: Service, config: Config, **options: Any) -> Any:  # noqa: ANN401  each adapter types its client
        """Return a new client of a service."""
        named = Config(user_agent=_USER_AGENT).merge(config)
        made = self._session.create_client(service, config=named, **options)
        self._clients.append(made)
        return made

    def close_connections(self) -> None:
        """Close every client's connections; the next call opens one of its own."""
        for client in self._clients:
            client.close()
