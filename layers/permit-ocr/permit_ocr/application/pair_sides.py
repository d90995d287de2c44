"""Two photographs of one case become one pair: what happens between publishing a result and noting that it is.

its event is published ─ has it a case, and was it read? ── no ─▶ nothing more
      │ yes
note the side in its case, which tells the other side; a newer photograph of the same side stays
      │
both sides of this kind there, and their pair not published yet? ── no ─▶ nothing more
      │ yes
judge both today, publish the pair, then keep it

Only after all this is the document noted as published: whoever is killed before comes here again, and finds the same
pair with the same id. Whichever side is noted last sees the other, so no pair is missed, however their deliveries
interleave.
"""

import json
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, Final

from permit_ocr.application.ports import CaseSide, Services
from permit_ocr.domain.card.valid_date import today_in_shanghai
from permit_ocr.domain.events import Document, Provider, Recognized, completed, recognized_data, to_json
from permit_ocr.domain.identity import pair_id
from permit_ocr.domain.judgement import Judgement, judge_answer
from permit_ocr.domain.permits import Kind, Side
from permit_ocr.tencent.actions import ACTIONS
from permit_ocr.tencent.response_format import parse_answer

SIDE_LIMIT: Final = 32 * 1024
"""Bytes of an event that can be a side: ten times what a card says. The case's item holds up to four of them (DynamoDB
takes 400 KB), and the pair's message says twice what its two sides do at most."""


def complete_pair(event: str, said: dict[str, Any], services: Services) -> None:
    """Note the side that ``event`` tells of in its case, and publish the pair if it is whole now; ``said`` is in it.

    Does nothing for an event without a case, of a rejection, or of more text than a card has. Raises
    ``RetryableError``.
    """
    side = _side(event, said)
    if side is None:
        return
    name: str = said["data"]["document"]["case"]
    case = services.cases.add_side(name, side)
    pair = {one.side: one for one in case.sides if one.kind is side.kind}
    if len(pair) < len(Side) or pair[side.side].document_id != side.document_id:
        return  # there is no photograph of the other side, or a newer one of this
    front, back = pair[Side.FRONT], pair[Side.BACK]
    event_id = pair_id(case=name, front=front.document_id, back=back.document_id)
    if case.completed.get(side.kind) == event_id:
        return
    now = services.now()
    judged_front, judged_back = (_judged(one, services, now=now) for one in (front, back))
    text = to_json(completed(name, judged_front, judged_back, source=services.policy.event_source, time=now))
    services.results.publish(text, document_id=event_id)
    services.cases.store_completed(name, front, back, event_id=event_id, event=text)


def _side(event: str, said: dict[str, Any]) -> CaseSide | None:
    document = said.get("data", {}).get("document", {})
    if not document.get("case") or said["type"] != "permit.recognized.v1" or len(event.encode()) > SIDE_LIMIT:
        return None
    return CaseSide(
        kind=Kind(said["data"]["kind"]),
        side=Side(said["data"]["side"]),
        document_id=document["id"],
        place=_place(document.get("received") or said["time"], document["id"]),
        event=event,
    )


def _place(received: str, document_id: str) -> str:
    """Return the photograph's place among those of the same side: texts in the order of time, no two the same."""
    return f"{datetime.fromisoformat(received).astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}/{document_id}"


def _judged(side: CaseSide, services: Services, *, now: datetime) -> tuple[Recognized, Judgement]:
    """Judge a side anew: its own event may be days old."""
    said = json.loads(side.event)["data"]
    answer = parse_answer(ACTIONS[side.kind], said["fields"])
    judgement = judge_answer(
        answer,
        asked_side=side.side,
        as_of=today_in_shanghai(now),
        expiring_within_days=services.policy.expiring_within_days,
        confidences={name: sure for name, sure in said.get("confidences", {}).items() if sure is not None},
        fallback=said["provider"].get("fallback", False),
    )
    document = _known(Document, said["document"])
    if received := said["document"].get("received"):
        document["received"] = datetime.fromisoformat(received)
    data = recognized_data(
        Document(**document),
        answer,
        judgement,
        Provider(**_known(Provider, said["provider"])),
        portrait_key=said["portrait_key"],
    )
    return data, judgement


def _known(shape: type[Document | Provider], said: dict[str, Any]) -> dict[str, Any]:
    """Leave out what a later version of this code may have said."""
    names = {field.name for field in fields(shape)}
    return {name: value for name, value in said.items() if name in names}
