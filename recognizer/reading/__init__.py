"""Reading a card: from a photograph to the fields of an answer. ``reader`` is the way in."""

import os
from typing import Final

# ONNX Runtime's wheels report to their maker over the network, and keep an identifier of the machine in the home
# directory, unless this is set before they are loaded. Nothing leaves a reader of identity documents, whoever asks.
_NO_TELEMETRY: Final = {"ORT_DISABLE_TELEMETRY": "1"}
os.environ.update(_NO_TELEMETRY)
