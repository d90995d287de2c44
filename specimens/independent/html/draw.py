"""One photograph of the HTML generator."""

from random import Random

from specimens.cards.card import CardSide
from specimens.independent.browser import Browser, Image, Rendering
from specimens.independent.contents import permit
from specimens.independent.html import forms, identity_documents
from specimens.independent.html.faces import permit_page
from specimens.independent.html.negatives import NEGATIVES
from specimens.independent.html.photograph import photograph
from specimens.independent.html.style import HEIGHT, WIDTH, draw_style, page
from specimens.independent.sample import Sample, make_sample
from specimens.photography.photo import Level


def draw_permit(browser: Browser, *, seed: int, card_side: CardSide, name: str, level: Level) -> Sample:
    """Draw and photograph a permit; the same card exists at every level."""
    random = Random(f"html/{seed}/{name}")
    card = permit(random, card_side)
    rendering = browser.render(permit_page(random, card), width=WIDTH, height=HEIGHT)
    random = Random(f"html/{seed}/{name}/{level.value}")
    shot = photograph(random, rendering.image, level, below=_below(browser, random, level))
    return make_sample(file=f"{name}.jpg", generator="html", level=level, rendering=rendering, shot=shot, card=card)


def draw_negative(browser: Browser, *, seed: int, negative: str, name: str, level: Level) -> Sample:
    """Draw and photograph a document of ``NEGATIVES``."""
    random = Random(f"html/{seed}/{name}")
    rendering = _render(browser, random, NEGATIVES[negative])
    random = Random(f"html/{seed}/{name}/{level.value}")
    shot = photograph(random, rendering.image, level)
    return make_sample(
        file=f"{name}.jpg", generator="html", level=level, rendering=rendering, shot=shot, negative=negative
    )


def _below(browser: Browser, random: Random, level: Level) -> Image | None:
    """Return what lies below the card in every second hard photograph."""
    if level is not Level.HARD or random.random() < 0.5:
        return None
    return _render(browser, random, random.choice((forms.leaflet, identity_documents.bank_card))).image


def _render(browser: Browser, random: Random, document: identity_documents.Drawing) -> Rendering:
    style = draw_style(random)
    body, height = document(random, style)
    return browser.render(page(style, body, height=height), width=WIDTH, height=height)
