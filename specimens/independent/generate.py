"""Draws a set of photographs, on all processors."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from itertools import chain
from multiprocessing import get_context
from typing import Final

from specimens.cards.card import CardSide
from specimens.independent.browser import Browser, open_browser
from specimens.independent.html import draw as html
from specimens.independent.html.negatives import NEGATIVES
from specimens.independent.sample import Sample
from specimens.independent.scene import draw as scene
from specimens.independent.scene.other_documents import OTHER_DOCUMENTS
from specimens.photography.photo import Level


class Generator(StrEnum):
    """The independent generators."""

    HTML = "html"
    SCENE = "scene"

    @property
    def negatives(self) -> list[str]:
        """The names of the documents that are not permits."""
        return list(NEGATIVES if self is Generator.HTML else OTHER_DOCUMENTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A set of photographs: permits, cycling through the card sides, or negatives, cycling through their layouts.

    A photograph does not depend on the count.
    """

    generator: Generator
    seed: int
    count: int
    level: Level
    negatives: bool = False


DRAWING: Final = {
    Generator.HTML: (html.draw_permit, html.draw_negative),
    Generator.SCENE: (scene.draw_permit, scene.draw_negative),
}
"""How each generator draws a permit and another document."""


def generate(request: Request) -> Iterator[Sample]:
    """Draw the photographs of a request in their order."""
    workers = min(os.process_cpu_count() or 1, request.count)
    shares = [range(first, request.count, workers) for first in range(workers)]
    if workers == 1:
        yield from _draw_share(request, shares[0])
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        drawn = list(pool.map(partial(_draw_share, request), shares))
    rounds = (share[place : place + 1] for place in range(len(drawn[0])) for share in drawn)
    yield from chain.from_iterable(rounds)


def _draw_share(request: Request, numbers: Sequence[int]) -> list[Sample]:
    """Draw some photographs with a browser of their own."""
    with open_browser() as browser:
        return [_draw_one(browser, request, number) for number in numbers]


def _draw_one(browser: Browser, request: Request, number: int) -> Sample:
    subjects = request.generator.negatives if request.negatives else [card_side.value for card_side in CardSide]
    round_, place = divmod(number, len(subjects))
    subject = subjects[place]
    name = f"{subject}-{round_ + 1}"
    draw_permit, draw_negative = DRAWING[request.generator]
    if request.negatives:
        return draw_negative(browser, seed=request.seed, negative=subject, name=name, level=request.level)
    return draw_permit(browser, seed=request.seed, card_side=CardSide(subject), name=name, level=request.level)
