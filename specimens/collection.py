"""A folder of specimens: one JPEG each and one ``truth.json`` that says what every one should be read as."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any, Final

from permit_ocr.domain.card.answers import Answer, MainlandPermitAnswer, MainlandPermitBack, ResidencePermitAnswer
from permit_ocr.domain.permits import Kind
from specimens.cards import Card, Edition, Face, Order, draw_card
from specimens.copies import Treatment, treated
from specimens.faces import draw_face, rounded
from specimens.fonts import FontLoader
from specimens.legibility import legible_fields
from specimens.perspective import Corners
from specimens.photograph import Level, photograph
from specimens.sheet import Sheet

type Hand = Callable[[Card, Random, FontLoader], Sheet]
"""Prints a card."""
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
    treatment: Treatment = Treatment.ORIGINAL
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
            "treatment": self.treatment.value,
            "answer": asdict(self.card.answer),
            "illegible": list(self.illegible),
            "mrz": list(self.card.mrz),
            "card_corners": self.card_corners,
            "portrait_corners": self.portrait_corners,
        }


COMMITTED: Final = Path(__file__).parents[1] / "events" / "specimens" / "truth.json"
"""The set that is shown and tested. Its truth says who the holders are, whatever the generator has learned since."""
_COMMITTED_SEED: Final = "committed"


def committed_cards(truth: Path = COMMITTED) -> Iterator[Card]:
    """Return the cards of ``events/specimens``, in the order of its ``truth.json``."""
    for one in _read(truth):
        yield Card(
            face=Face(f"{one['permit_type']}-{one['side']}"),
            edition=Edition(one["edition"]),
            answer=_answer(one["kind"], one["answer"]),
            mrz=tuple(one["mrz"]),
        )


def make_committed(fonts: FontLoader, truth: Path = COMMITTED) -> Iterator[Specimen]:
    """Photograph the cards of ``events/specimens`` again, under the names and at the levels its truth says."""
    for card, one in zip(committed_cards(truth), _read(truth), strict=True):
        name, level = Path(one["file"]).stem, Level(one["level"])
        yield _photographed(card, name, _COMMITTED_SEED, level, fonts, document=one["document"])


def _read(truth: Path) -> list[dict[str, Any]]:
    specimens: list[dict[str, Any]] = json.loads(truth.read_text(encoding="utf-8"))["specimens"]
    return specimens


def _answer(kind: str, said: dict[str, Any]) -> Answer:
    if kind == Kind.RESIDENCE_PERMIT:
        return ResidencePermitAnswer(**said)
    back = said["MainlandTravelPermitBackInfos"]
    return MainlandPermitAnswer(**said | {"MainlandTravelPermitBackInfos": back and MainlandPermitBack(**back)})


def make_specimens(
    *,
    seed: int,
    count: int,
    level: Level,
    faces: Sequence[Face],
    fonts: FontLoader,
    treatments: Sequence[Treatment] = (Treatment.ORIGINAL,),
    hand: Hand = draw_face,
) -> Iterator[Specimen]:
    """Make ``count`` specimens, the faces in turn, and of each face the treatments in turn.

    Each is the same whatever the count and the other faces are. ``hand`` prints the cards.
    """
    for number in range(count):
        face = faces[number % len(faces)]
        name = f"{face.value}-{number // len(faces) + 1}"
        card = draw_card(Random(f"{seed}/{name}"), Order(face=face))
        treatment = treatments[number // len(faces) % len(treatments)]
        yield _photographed(card, name, str(seed), level, fonts, treatment=treatment, hand=hand)


def _photographed(
    card: Card,
    name: str,
    seed: str,
    level: Level,
    fonts: FontLoader,
    *,
    document: str = "",
    treatment: Treatment = Treatment.ORIGINAL,
    hand: Hand = draw_face,
) -> Specimen:
    """Print a card and photograph it. Only here does chance know the level: one card can be had at every level."""
    random = Random(f"{seed}/{name}/level-{level.value}")
    sheet = hand(card, random, fonts)
    thing, origin = treated(rounded(sheet.image), treatment, random)
    picture = photograph(thing, random, level, fonts, origin=origin)
    portrait = sheet.places.get("portrait")
    return Specimen(
        file=f"{name}.jpg",
        document=document or card.face.kind.value,
        card=card,
        level=level,
        treatment=treatment,
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
