"""The models in RapidOCR's wheel, as sessions of ONNX Runtime.

RapidOCR's own pipeline is not imported: we need the position of each character and strips that the detector missed, and
the import alone takes longer than loading the models. Nothing is ever downloaded.
"""

from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from onnxruntime import (
    InferenceSession,
    OrtAllocatorType,
    OrtArenaCfg,
    OrtMemoryInfo,
    OrtMemType,
    SessionOptions,
    create_and_register_allocator,
)

_DETECTOR: Final = "PP-OCRv6_det_small.onnx"
_ORIENTATION: Final = "ch_ppocr_mobile_v2.0_cls_mobile.onnx"
_RECOGNISER: Final = "PP-OCRv6_rec_small.onnx"
_BLANK_PHOTO: Final = np.zeros((1, 3, 64, 320), np.float32)
_BLANK_LINE: Final = np.zeros((1, 3, 48, 240), np.float32)
_CHARACTERS: Final = "character"
"""Where the recognition model's metadata lists its characters."""

_ARENA: Final = {
    "max_mem": 0,
    "arena_extend_strategy": 0,
    "initial_chunk_size_bytes": -1,
    "max_dead_bytes_per_chunk": -1,
}
"""ONNX Runtime's defaults: no limit, and extensions in powers of two, which waste less than those of exact size."""


class ModelError(Exception):
    """ONNX Runtime could not run a model, mostly because memory ran out. The cause may contain text from a card."""


class Model:
    """One model. Each call uses one thread, the caller's."""

    def __init__(self, file: str) -> None:
        options = SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        # A plan of the memory for each size of input would keep a block for it, and inputs have many sizes.
        options.enable_mem_pattern = False
        options.add_session_config_entry("session.use_env_allocators", "1")  # see ``_share_memory``
        options.log_severity_level = 4
        # Two thirds of the weights of two of the detector's layers are denormal numbers, with which Intel's processors
        # calculate slowly: they made detection take 770 ms instead of 290.
        options.add_session_config_entry("session.set_denormal_as_zero", "1")
        self._session = InferenceSession(_path(file), options, providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0].name

    def __call__(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Run the model on its only input and return its only output. Raises ``ModelError``."""
        try:
            output: NDArray[np.float32] = self._session.run(None, {self._input: batch})[0]
        except Exception as error:  # ONNX Runtime's exceptions have no common base class
            raise ModelError from error
        return output

    def metadata(self, name: str) -> str:
        """Return an entry of the model's metadata."""
        return str(self._session.get_modelmeta().custom_metadata_map[name])


@dataclass(frozen=True, slots=True)
class Models:
    """The three models, and the characters that the recognition model's output stands for; the first is the blank."""

    detector: Model
    orientation: Model
    recogniser: Model
    characters: tuple[str, ...]


@cache
def load_models() -> Models:
    """Load the models and run each once, so that the first card is not slower.

    The first session of a process decides how the calling thread treats denormal numbers.
    """
    _share_memory()
    recogniser = Model(_RECOGNISER)
    characters = ("", *recogniser.metadata(_CHARACTERS).splitlines(), " ")
    models = Models(Model(_DETECTOR), Model(_ORIENTATION), recogniser, characters)
    models.detector(_BLANK_PHOTO)
    models.orientation(_BLANK_LINE)
    models.recogniser(_BLANK_LINE)
    return models


def _share_memory() -> None:
    """Let all models use the same memory, and keep it between calls: else it is fragmented, and its peak is higher."""
    memory = OrtMemoryInfo("Cpu", OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, OrtMemType.DEFAULT)
    create_and_register_allocator(memory, OrtArenaCfg(_ARENA))


def _path(file: str) -> str:
    """Return the path of a model without importing the package that it is part of."""
    package = find_spec("rapidocr")
    if package is None or package.origin is None:
        raise ModuleNotFoundError(name="rapidocr")
    return str(Path(package.origin).parent / "models" / file)
