"""Credentials that are asked for with the first call, not when its client is made.

With SnapStart Lambda gives the role's credentials at a local address (``AWS_CONTAINER_CREDENTIALS_FULL_URI``), since
those in the environment would be old when a snapshot is restored. Botocore asks for them as soon as there is a client:
then they, too, would be the snapshot's.
https://docs.aws.amazon.com/lambda/latest/dg/snapstart-activate.html#snapstart-credentials
"""

import os
import threading

from botocore.credentials import ContainerProvider, CredentialProvider, Credentials, ReadOnlyCredentials
from botocore.session import Session


class _AskedForWhenUsed(Credentials):
    """What the provider says once somebody signs with it; from then on botocore renews it itself."""

    def __init__(self, provider: CredentialProvider) -> None:
        super().__init__("", "", method=provider.METHOD)
        self._provider = provider
        self._lock = threading.Lock()
        self._found: Credentials | None = None

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        """Return the credentials to sign with. Raises botocore's ``CredentialRetrievalError``."""
        with self._lock:
            if self._found is None:
                self._found = self._provider.load()
            return self._found.get_frozen_credentials()


class _Deferred(CredentialProvider):
    """The provider of containers' credentials, which says later what it was asked now."""

    METHOD = "container-role-when-used"

    def __init__(self, provider: CredentialProvider) -> None:
        super().__init__()
        self._provider = provider

    def load(self) -> Credentials | None:
        """Return the credentials, if there are any at a local address."""
        return _AskedForWhenUsed(self._provider) if ContainerProvider.ENV_VAR_FULL in os.environ else None


def ask_when_used(session: Session) -> None:
    """Have a session's clients made without asking a local address for credentials; the order of sources stays."""
    sources = session.get_component("credential_provider")
    sources.insert_before(ContainerProvider.METHOD, _Deferred(sources.get_provider(ContainerProvider.METHOD)))
