"""Both OCR actions on one machine: ``reading`` reads a card, ``wire`` is the protocol, ``service`` the HTTP server.

To use the engine without a server, call ``recognizer.read(image, kind=…)``; see ``recognizer.reading.reader.read``.
Importing this package is cheap: the first use of ``read``, ``load_models``, ``Reading`` or ``ReadingError`` loads the
engine.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from recognizer.reading.reader import load_models, read
    from recognizer.reading.result import Reading, ReadingError

__all__ = ("Reading", "ReadingError", "load_models", "read")


def __getattr__(name: str) -> Any:  # noqa: ANN401  a module's attributes are of any type
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("recognizer.reading.reader"), name)
