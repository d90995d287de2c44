"""Draws a set of photographs, on all processors."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from itertools import chain
from multiprocessing import get_context

from specimens.cards.card import CardSide
from specimens.independent.browser import Browser, open_browser
from specimens.independent.html import draw as html
from specimens.independent.html.negatives import NEGATIVES
from specimens.independent.sample import Sample
from specimens.photography.photo import Level


class Generator(StrEnum):
    """The independent generators."""

    HTML = "html"


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
    if request.negatives:
        layout = list(NEGATIVES)[number % len(NEGATIVES)]
        name = f"{layout}-{number // len(NEGATIVES) + 1}"
        return html.draw_negative(browser, seed=request.seed, negative=layout, name=name, level=request.level)
    card_side = list(CardSide)[number % len(CardSide)]
    name = f"{card_side.value}-{number // len(CardSide) + 1}"
    return html.draw_permit(browser, seed=request.seed, card_side=card_side, name=name, level=request.level)
