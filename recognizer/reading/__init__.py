"""Reading a card: from a photo to the fields of an answer. Start with ``reader``."""

import os
from typing import Final

# Unless this is set before it is imported, ONNX Runtime sends telemetry to its vendor and stores a machine identifier
# in the home directory. Software that reads identity documents must not send anything anywhere.
_NO_TELEMETRY: Final = {"ORT_DISABLE_TELEMETRY": "1"}
os.environ.update(_NO_TELEMETRY)
