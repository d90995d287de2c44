"""The threads that call the models. They are started by a thread that loads the models and then ends.

ONNX Runtime makes the thread that creates the first session treat denormal numbers as zero, in Python's arithmetic, too
(see ``models``). A new thread inherits this from its creator. So the threads that call models inherit it, and the
callers' arithmetic stays as it is.
"""

from concurrent.futures import Future, ThreadPoolExecutor
from threading import Barrier, Lock
from typing import Final

from recognizer.cpu_count import available_cpus
from recognizer.reading.ocr.models import load_models

MAX_CONCURRENT_CALLS: Final = available_cpus()
"""How many model calls run at a time, with one thread each; others wait.

Two calls with one thread each read 1.5 times as many cards as one call with two threads, and suffer less from other
load on the machine.
"""

_lock: Final = Lock()


_loadings: Final[list[Future[ThreadPoolExecutor]]] = []
"""The current one, if it has begun."""


def start_loading() -> Future[ThreadPoolExecutor]:
    """Begin to load the models, unless that is done: creating a session does not need the interpreter's lock."""
    with _lock:  # threads that read their first cards at the same time load the models once
        if not _loadings:
            _loadings.append(_begin())
        return _loadings[0]


def model_threads() -> ThreadPoolExecutor:
    """Return the threads, when the models are loaded. Raises ``ModelError`` and what ONNX Runtime raises."""
    loading = start_loading()
    try:
        return loading.result()
    except Exception:
        with _lock:
            if loading in _loadings:
                _loadings.remove(loading)  # memory may suffice next time
        raise


def _begin() -> Future[ThreadPoolExecutor]:
    starter = ThreadPoolExecutor(1)
    loading = starter.submit(_load_and_start)
    starter.shutdown(wait=False)
    return loading


def _load_and_start() -> ThreadPoolExecutor:
    load_models()
    threads = ThreadPoolExecutor(MAX_CONCURRENT_CALLS, thread_name_prefix="models")
    started = Barrier(MAX_CONCURRENT_CALLS)
    list(threads.map(lambda _: started.wait(), range(MAX_CONCURRENT_CALLS)))
    return threads
