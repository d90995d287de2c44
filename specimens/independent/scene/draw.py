"""One photograph of the scene generator."""

from random import Random

from specimens.cards.card import CardSide
from specimens.independent.browser import Browser, Rendering
from specimens.independent.contents import permit
from specimens.independent.sample import Sample, make_sample
from specimens.independent.scene.canvas import Canvas
from specimens.independent.scene.other_documents import CARD_WIDTH, OTHER_DOCUMENTS
from specimens.independent.scene.permits import draw_permit as draw_artwork
from specimens.independent.scene.photograph import photograph
from specimens.photography.photo import Level


def draw_permit(browser: Browser, *, seed: int, card_side: CardSide, name: str, level: Level) -> Sample:
    """Draw and photograph a permit; the same card exists at every level."""
    random = Random(f"scene/{seed}/{name}")
    card = permit(random, card_side)
    rendering = _render(browser, draw_artwork(random, card))
    random = Random(f"scene/{seed}/{name}/{level.value}")
    shot = photograph(random, rendering.image, level, width=CARD_WIDTH, is_card=True)
    return make_sample(file=f"{name}.jpg", generator="scene", level=level, rendering=rendering, shot=shot, card=card)


def draw_negative(browser: Browser, *, seed: int, negative: str, name: str, level: Level) -> Sample:
    """Draw and photograph one of ``OTHER_DOCUMENTS``."""
    random = Random(f"scene/{seed}/{name}")
    document = OTHER_DOCUMENTS[negative](random)
    rendering = _render(browser, document.canvas)
    random = Random(f"scene/{seed}/{name}/{level.value}")
    shot = photograph(random, rendering.image, level, width=document.width, is_card=document.width == CARD_WIDTH)
    return make_sample(
        file=f"{name}.jpg", generator="scene", level=level, rendering=rendering, shot=shot, negative=negative
    )


def _render(browser: Browser, canvas: Canvas) -> Rendering:
    return browser.render(canvas.svg(), width=canvas.width, height=canvas.height)
