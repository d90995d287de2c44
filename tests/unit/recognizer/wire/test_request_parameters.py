"""The action's own parameters: types, names, limits."""

import base64
import json
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from permit_ocr.domain.permits import Side
from permit_ocr.tencent.actions import MAINLAND_PERMIT_ACTION, RESIDENCE_PERMIT_ACTION, Action
from permit_ocr.tencent.error_table import UNLISTED, look_up
from recognizer.wire.api_error import ApiError
from recognizer.wire.request_parameters import BASE64_LIMIT, IMAGE_LIMIT, RequestParameters, parse_parameters

IMAGE = {"ImageBase64": base64.b64encode(b"image").decode()}
ACTIONS = [RESIDENCE_PERMIT_ACTION, MAINLAND_PERMIT_ACTION]


def posted(
    parameters: Any, action: Action = MAINLAND_PERMIT_ACTION, content_type: str = "application/json"
) -> RequestParameters:
    body = parameters if isinstance(parameters, bytes) else json.dumps(parameters).encode()
    return parse_parameters(action, method="POST", content_type=content_type, query="", body=body)


def got(parameters: dict[str, str], action: Action = MAINLAND_PERMIT_ACTION) -> RequestParameters:
    return parse_parameters(action, method="GET", content_type="", query=urlencode(parameters), body=b"")


def refusal_of(parameters: Any, action: Action = MAINLAND_PERMIT_ACTION, **more: Any) -> ApiError:
    with pytest.raises(ApiError) as raised:
        posted(parameters, action, **more)
    return raised.value


@pytest.mark.parametrize("action", ACTIONS)
def test_every_documented_parameter_works_with_post_and_get(action: Action) -> None:
    parameters = {**IMAGE, "ImageUrl": "https://a.test/b?c=d&e=f", "CardSide": "BACK"}
    expected = RequestParameters(
        action=action, image=None, image_url="https://a.test/b?c=d&e=f", side=Side.BACK, return_portrait=True
    )
    assert posted({**parameters, action.portrait_parameter: True}, action) == expected
    assert got({**parameters, action.portrait_parameter: "True"}, action) == expected


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8", "Application/JSON"])
def test_the_image_is_decoded(content_type: str) -> None:
    assert posted(IMAGE, content_type=content_type).image == b"image"
    assert got(IMAGE).image == b"image"


def test_null_and_empty_mean_missing() -> None:
    parameters = {**IMAGE, "ImageUrl": None, "CardSide": "", "RetProfile": None}
    assert posted(parameters) == posted(IMAGE)
    assert posted({**IMAGE, "ImageUrl": ""}).image == b"image"


@pytest.mark.parametrize(
    ("action", "foreign"), [(RESIDENCE_PERMIT_ACTION, "RetProfile"), (MAINLAND_PERMIT_ACTION, "CropPortrait")]
)
def test_an_unknown_parameter_is_named(action: Action, foreign: str) -> None:
    error = refusal_of({**IMAGE, foreign: True}, action)
    assert (error.code, error.message) == ("UnknownParameter", f"The parameter `{foreign}` is not recognized.")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ImageBase64", 1),
        ("ImageUrl", ["https://a.test"]),
        ("CardSide", True),
        ("RetProfile", "true"),
        ("RetProfile", 1),
    ],
)
def test_a_mistyped_parameter_is_named(name: str, value: Any) -> None:
    error = refusal_of({**IMAGE, name: value})
    assert (error.code, error.message) == ("InvalidParameter", f"Parameter `{name}` type error.")


def test_a_flag_in_a_query_is_true_or_false() -> None:
    assert not got({**IMAGE, "RetProfile": "false"}).return_portrait
    with pytest.raises(ApiError, match=r"^InvalidParameter$"):
        got({**IMAGE, "RetProfile": "yes"})


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"text"', b"\xff", b"[" * 100_000, b"1" * 5000])
def test_a_body_that_is_not_a_json_object_is_rejected(body: bytes) -> None:
    assert refusal_of(body).code == "InvalidParameter"


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_a_body_of_another_type_is_rejected(content_type: str) -> None:
    assert refusal_of(IMAGE, content_type=content_type).message == "Parameter `Content-Type` type error."


@pytest.mark.parametrize(
    "parameters", [{}, {"ImageUrl": ""}, {"ImageUrl": "", "ImageBase64": None}, {"CardSide": "FRONT"}]
)
def test_an_image_or_a_url_is_required(parameters: dict[str, Any]) -> None:
    assert refusal_of(parameters).code == "InvalidParameterValue.InvalidParameterValueLimit"


@pytest.mark.parametrize("encoded", ["", " \r\n"])
def test_an_empty_image_is_left_to_the_reader(encoded: str) -> None:
    assert posted({"ImageUrl": "", "ImageBase64": encoded}).image == b""


@pytest.mark.parametrize("encoded", ["%%%", "abc", "YQ==YQ==", "照片", "data:image/png;base64,YQ==", "_-8="])
def test_invalid_base64_cannot_be_decoded(encoded: str) -> None:
    assert refusal_of({"ImageBase64": encoded}).code == "FailedOperation.ImageDecodeFailed"


def test_base64_may_contain_line_breaks() -> None:
    assert posted({"ImageBase64": "aW1h\r\nZ2U=\n"}).image == b"image"


def test_base64_up_to_seven_megabytes_is_accepted() -> None:
    assert len(posted({"ImageBase64": "A" * BASE64_LIMIT}).image or b"") == IMAGE_LIMIT
    assert refusal_of({"ImageBase64": "A" * (BASE64_LIMIT + 4)}).code == "LimitExceeded.TooLargeFileError"


def test_the_url_takes_precedence_even_over_an_invalid_image() -> None:
    both = posted({"ImageUrl": "https://a.test/", "ImageBase64": "%%%"})
    assert (both.image, both.image_url) == (None, "https://a.test/")


@pytest.mark.parametrize("side", ["front", "OTHER", "FRONT ", "正面"])
def test_an_invalid_side_is_only_an_error_for_travel_permits(side: str) -> None:
    assert posted({**IMAGE, "CardSide": side}, RESIDENCE_PERMIT_ACTION).side is None
    assert refusal_of({**IMAGE, "CardSide": side}).code == "InvalidParameterValue.InvalidParameterValueLimit"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()), st.lists, max_leaves=5
)


@pytest.mark.slow
@given(st.dictionaries(st.sampled_from([*MAINLAND_PERMIT_ACTION.parameters, "Other"]) | st.text(), json_values))
def test_any_object_is_parsed_or_gets_a_documented_code(parameters: dict[str, Any]) -> None:
    try:
        outcome: RequestParameters | ApiError = posted(parameters)
    except ApiError as error:
        outcome = error
    assert isinstance(outcome, RequestParameters) or (look_up(outcome.code) is not UNLISTED and outcome.message)
