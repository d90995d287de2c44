"""A folder of specimens: one JPEG each and one ``truth.json`` that says what every one should be read as."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from random import Random
from typing import Any, Final

from specimens.cards import Card, Edition, Face, Order, draw_card
from specimens.faces import draw_face, rounded
from specimens.fonts import FontLoader
from specimens.legibility import legible_fields
from specimens.perspective import Corners
from specimens.photograph import Level, photograph

AUTO: Final = "auto"
"""The document an uploader names who does not know what the photograph shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Specimen:
    """A photograph and its truth."""

    file: str
    document: str
    card: Card
    level: Level
    jpeg: bytes
    card_corners: Corners
    portrait_corners: Corners | None
    illegible: tuple[str, ...] = ()
    """Fields of the answer that nobody could read in the photograph, nested ones as ``Outer.Inner``."""

    def truth(self) -> dict[str, Any]:
        """Return the truth as JSON: what to say of the photograph, and the answer to expect from the action.

        Corners are in pixels of the photograph: the card's own upper left, upper right, lower right, lower left.
        """
        face = self.card.face
        return {
            "file": self.file,
            "document": self.document,
            "card_side": "" if self.document == AUTO else face.side.upper(),
            "kind": face.kind.value,
            "side": face.side.value,
            "permit_type": face.permit_type.value,
            "edition": self.card.edition.value,
            "level": self.level.value,
            "answer": asdict(self.card.answer),
            "illegible": list(self.illegible),
            "mrz": list(self.card.mrz),
            "card_corners": self.card_corners,
            "portrait_corners": self.portrait_corners,
        }


@dataclass(frozen=True, slots=True)
class _Committed:
    """One photograph of ``events/specimens``: chance decides the person, this table what is worth showing."""

    order: Order
    level: Level
    document: str = ""
    """What the uploader says; empty for the document itself."""


_SCAN, _HELD = Level.SCAN, Level.HAND_HELD
_COMMITTED: Final = (
    _Committed(Order(face=Face.RESIDENCE_FRONT, start=date(2024, 5, 20)), _SCAN),
    _Committed(Order(face=Face.RESIDENCE_FRONT, start=date(2022, 3, 8)), _HELD),
    _Committed(Order(face=Face.RESIDENCE_BACK, start=date(2018, 9, 6)), _SCAN),
    _Committed(Order(face=Face.RESIDENCE_BACK, start=date(2026, 9, 1)), _HELD),
    _Committed(Order(face=Face.RESIDENCE_BACK, start=date(2021, 12, 12)), _HELD, document=AUTO),
    _Committed(Order(face=Face.HK_MACAO_FRONT, start=date(2026, 2, 3), edition=Edition.CURRENT), _SCAN),
    _Committed(Order(face=Face.HK_MACAO_FRONT, start=date(2008, 6, 17), edition=Edition.OF_1999), _HELD),
    _Committed(Order(face=Face.HK_MACAO_FRONT, start=date(2025, 3, 4), edition=Edition.NON_CHINESE), _HELD),
    _Committed(Order(face=Face.HK_MACAO_BACK, start=date(2026, 2, 3), edition=Edition.CURRENT), _SCAN),
    _Committed(Order(face=Face.HK_MACAO_BACK, start=date(2016, 8, 22), edition=Edition.CURRENT), _HELD),
    _Committed(Order(face=Face.TAIWAN_FRONT, start=date(2026, 4, 15)), _SCAN),
    _Committed(Order(face=Face.TAIWAN_FRONT, start=date(2017, 7, 1)), _HELD, document=AUTO),
    _Committed(Order(face=Face.EXIT_ENTRY_FRONT, start=date(2025, 10, 9)), _SCAN),
    _Committed(Order(face=Face.EXIT_ENTRY_FRONT, start=date(2016, 12, 5)), _HELD),
)
"""Every face twice at least, every edition; long expired, about to end late in 2026, and valid into the 2030s."""
_COMMITTED_SEED: Final = "committed"


def committed_cards() -> Iterator[Card]:
    """Draw the cards of ``events/specimens``, in the order of its ``truth.json``."""
    for name, one in _committed():
        yield draw_card(Random(f"{_COMMITTED_SEED}/{name}"), one.order)


def make_committed(fonts: FontLoader) -> Iterator[Specimen]:
    """Make the specimens of ``events/specimens``."""
    for card, (name, one) in zip(committed_cards(), _committed(), strict=True):
        yield _photographed(card, name, _COMMITTED_SEED, one.level, fonts, document=one.document)


def _committed() -> Iterator[tuple[str, _Committed]]:
    """Give each a name: the face, and which of them it is."""
    counts = dict.fromkeys(Face, 0)
    for one in _COMMITTED:
        counts[one.order.face] += 1
        yield f"{one.order.face.value}-{counts[one.order.face]}", one


def make_specimens(
    *, seed: int, count: int, level: Level, faces: Sequence[Face], fonts: FontLoader
) -> Iterator[Specimen]:
    """Make ``count`` specimens, the faces in turn. Each is the same whatever the count and the other faces are."""
    for number in range(count):
        face = faces[number % len(faces)]
        name = f"{face.value}-{number // len(faces) + 1}"
        card = draw_card(Random(f"{seed}/{name}"), Order(face=face))
        yield _photographed(card, name, str(seed), level, fonts)


def _photographed(card: Card, name: str, seed: str, level: Level, fonts: FontLoader, *, document: str = "") -> Specimen:
    """Print a card and photograph it. Only here does chance know the level: one card can be had at every level."""
    random = Random(f"{seed}/{name}/level-{level.value}")
    sheet = draw_face(card, random, fonts)
    picture = photograph(rounded(sheet.image), random, level, fonts)
    portrait = sheet.places.get("portrait")
    return Specimen(
        file=f"{name}.jpg",
        document=document or card.face.kind.value,
        card=card,
        level=level,
        jpeg=picture.jpeg,
        card_corners=picture.card,
        portrait_corners=picture.corners(portrait[0]) if portrait else None,
        illegible=tuple(_illegible(card, legible_fields(sheet.places, picture.to_photograph, picture.hidden))),
    )


def _illegible(card: Card, legible: Mapping[str, bool]) -> Iterator[str]:
    """Name the fields of the answer that are lost, in its order; a back's are nested, and ``Type`` stands twice."""
    nested = "MainlandTravelPermitBackInfos"
    for name, value in asdict(card.answer).items():
        if name == nested:
            inner = value if card.face is Face.HK_MACAO_BACK else {"Type": ""}
            yield from (f"{nested}.{field}" for field in inner if value and not legible.get(field, True))
        elif not legible.get(name, True) and value:
            yield name


def write(specimens: Iterable[Specimen], folder: Path) -> int:
    """Write the JPEGs and ``truth.json`` into a folder, made if need be; return how many."""
    folder.mkdir(parents=True, exist_ok=True)
    truths = []
    for specimen in specimens:
        (folder / specimen.file).write_bytes(specimen.jpeg)
        truths.append(specimen.truth())
    text = json.dumps({"specimens": truths}, ensure_ascii=False, indent=2)
    (folder / "truth.json").write_text(text + "\n", encoding="utf-8")
    return len(truths)
