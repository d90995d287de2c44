"""One photograph with its truth, in the format of ``specimens.collection``."""

from dataclasses import asdict, dataclass
from typing import Any, Final

from specimens.cards.card import Card, CardSide
from specimens.collection import Specimen
from specimens.independent.browser import Rendering
from specimens.independent.shot import Quad, Shot
from specimens.photography.photo import Level

_BACK: Final = "MainlandTravelPermitBackInfos"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A photograph of a permit (``card``) or of something else (``negative`` is its name)."""

    file: str
    generator: str
    level: Level
    jpeg: bytes
    outline: Quad
    card: Card | None = None
    negative: str = ""
    portrait: Quad | None = None
    illegible: tuple[str, ...] = ()
    positions: dict[str, Quad]
    """The corners of each field's text, by answer field."""

    def truth(self) -> dict[str, Any]:
        """Return the truth as JSON; a negative has no answer, so it states only what it is."""
        if self.card is None:
            return {
                "file": self.file,
                "generator": self.generator,
                "negative": self.negative,
                "level": self.level.value,
                "answer": None,
                "card_corners": self.outline,
            }
        specimen = Specimen(
            file=self.file,
            document=self.card.card_side.kind.value,
            card=self.card,
            level=self.level,
            jpeg=b"",
            card_corners=self.outline,
            portrait_corners=self.portrait,
            illegible=self.illegible,
            positions=self.positions,
        )
        return specimen.truth() | {"generator": self.generator}


def make_sample(
    *,
    file: str,
    generator: str,
    level: Level,
    rendering: Rendering,
    shot: Shot,
    card: Card | None = None,
    negative: str = "",
) -> Sample:
    """Combine a rendered document and its photograph."""
    height, width = rendering.image.shape[:2]
    fields = {name: boxes for name, boxes in rendering.boxes.items() if boxes}
    names = _printed_fields(card) if card else []
    hidden = shot.illegible({name: fields[name] for name in names if name in fields})
    hidden |= {f"{_BACK}.Type"} if "Type" in hidden else set()
    return Sample(
        file=file,
        generator=generator,
        level=level,
        jpeg=shot.jpeg(),
        outline=shot.quad([(0, 0, width, height)]),
        card=card,
        negative=negative,
        portrait=shot.quad(fields["portrait"]) if "portrait" in fields and card else None,
        illegible=tuple(name for name in names if name in hidden),
        positions={name: shot.quad(fields[name]) for name in names if name in fields},
    )


def _printed_fields(card: Card) -> list[str]:
    """Return the answer's fields with a text, in its order; nested ones as ``Outer.Inner``."""
    names = []
    for name, value in asdict(card.answer).items():
        if name == _BACK and value:
            is_back = card.card_side is CardSide.HK_MACAO_BACK
            names += [f"{_BACK}.{inner}" for inner, text in value.items() if text and (is_back or inner == "Type")]
        elif isinstance(value, str) and value:
            names.append(name)
    return names
