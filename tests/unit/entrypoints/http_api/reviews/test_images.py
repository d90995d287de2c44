"""The image that a reviewer looks at: who gets it, and when it is kept."""

from http import HTTPStatus

from tests.unit.entrypoints.http_api.reviews.review_calls import MISREAD, OTHERS_FRONT, opened, read
from tests.unit.fakes.files import jpeg
from tests.unit.fakes.ocr import MAINLAND_BACK, MAINLAND_FRONT
from tests.unit.fakes.world import world
from tests.unit.http_calls import Caller


def test_an_image_is_a_redirect_to_a_url_for_a_minute() -> None:
    caller, document_id, _ = opened()
    path = f"/v1/recognitions/{document_id}/image"
    response, _ = caller.call("GET", path)
    assert response["statusCode"] == HTTPStatus.FOUND
    assert response["headers"]["Location"] == f"https://bucket.example/{document_id}?X-Amz-Expires=60"
    assert response["headers"]["cache-control"] == "no-store"
    assert caller.call("GET", f"/v1/recognitions/{'0' * 32}/image")[0]["statusCode"] == HTTPStatus.NOT_FOUND


def test_the_image_of_a_request_is_kept_only_for_a_review() -> None:
    caller = Caller(world(MAINLAND_FRONT))
    document_id = read(caller)
    response, problem = caller.call("GET", f"/v1/recognitions/{document_id}/image")
    assert (response["statusCode"], problem["code"]) == (HTTPStatus.NOT_FOUND, "Document.NoImage")


def test_the_image_of_a_request_is_kept_if_it_is_published_later() -> None:
    caller = Caller(world(MISREAD, publish_fails=1))
    document_id = read(caller)
    assert caller.call("GET", f"/v1/recognitions/{document_id}/image")[0]["statusCode"] == HTTPStatus.FOUND
    assert caller.call("GET", "/v1/reviews")[1]["reviews"] == []
    caller.here.publish.republish(document_id)
    assert len(caller.call("GET", "/v1/reviews")[1]["reviews"]) == 1


def test_the_image_of_a_side_is_kept_also_if_its_pair_is_judged_later() -> None:
    caller = Caller(world(MAINLAND_BACK, OTHERS_FRONT))
    read(caller, jpeg(b"back"), case="7", card_side="BACK")
    caller.here.results.fails = 1
    front = read(caller, jpeg(b"front"), case="7", card_side="FRONT")
    caller.here.publish.republish(front)
    assert front in {one["document_id"] for one in caller.call("GET", "/v1/reviews")[1]["reviews"]}
    assert caller.call("GET", f"/v1/recognitions/{front}/image")[0]["statusCode"] == HTTPStatus.FOUND
