"""What is sent to the portal: numbers, dates, characters and sizes that nobody's form sends."""

import io

import pytest

from portal.web.incoming import MOST_BYTES
from tests.factories import launch, salesforce, start
from tests.story import story

BEYOND = ("2147483648", "9223372036854775808", "9" * 5000, "²", "-1")


@story
def review(cast, acting):
    salesforce(cast)
    return start(launch(acting("carl")), acting("olive"))


@pytest.mark.parametrize("number", BEYOND)
def test_a_number_no_row_has_breaks_no_page(review, sign_in, number):
    olive, alma = sign_in("olive"), sign_in("alma")
    here = f"/reviews/{review.id}"
    answers = [
        olive.get(f"{here}/items", query_string={"at": f">{number}"}),
        olive.post(f"{here}/bulk", data={"verdict": "approved", "seen": number}),
        alma.get("/people", query_string={"at": f"after-{number}"}),
        alma.post("/imports", data={"instance_id": number, "list": (io.BytesIO(b"a,b"), "x.csv")}),
        alma.post(f"/campaigns/{review.campaign_id}/reports", data={"review": number}),
    ]
    assert {answer.status_code for answer in answers} <= {200, 303, 409, 422}


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_the_first_and_the_last_day_break_no_page(review, sign_in, day):
    client = sign_in("carl")
    assert client.get("/trail", query_string={"since": day, "until": day}).status_code == 200
    plan = client.post("/campaigns", data={"name": "x"}).location.rpartition("/")[0]
    typed = {"kind": "once", "first": day, "at": "09:00", "zone": "Asia/Tokyo", "duration": "14"}
    shown = client.post(f"{plan}/schedule", data=typed | {"do": "preview"})
    assert shown.status_code in {200, 422}
    assert client.post(f"{plan}/schedule", data=typed).status_code == 422
    assert client.get(f"{plan}/schedule").status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "data"),
    [
        ("post", "/sign-in", {"email": "a\0b"}),
        ("get", "/trail?actor=%00", None),
        ("get", "/in/a%00b", None),
        ("post", "/applications", {"name": "a\0b"}),
        ("post", "/imports", {"list": (io.BytesIO(b"a,b"), "a\0.csv")}),
    ],
)
def test_a_character_that_is_no_text_is_refused_at_the_door(sign_in, method, path, data):
    assert getattr(sign_in("alma"), method)(path, data=data).status_code == 400


def test_a_filter_of_a_thousand_conditions_is_refused_and_said_so(review, sign_in):
    asked = {"field": ["label"] * 1000, "op": ["contains"] * 1000, "value": ["a"] * 1000}
    client = sign_in("olive")
    page = client.get(f"/reviews/{review.id}/items", query_string=asked)
    assert "50 conditions at most" in page.text
    refused = client.post(f"/reviews/{review.id}/bulk", data={**asked, "verdict": "approved"})
    assert refused.status_code == 422


def test_a_large_body_is_taken_for_a_list_and_from_nobody_unknown(app, sign_in):
    large = b"x" * (MOST_BYTES + 1)
    assert app.test_client().post("/sign-in", data={"email": large}).status_code == 413
    kind = "multipart/form-data; boundary=X"
    assert sign_in("alma").post("/imports", data=_list(large), content_type=kind).status_code == 303


def _list(content):
    """A list of a new application, as a browser sends it."""
    field = b'--X\r\nContent-Disposition: form-data; name="application_name"\r\n\r\nFigma\r\n'
    file = b'--X\r\nContent-Disposition: form-data; name="list"; filename="x.csv"\r\n\r\n'
    return field + file + content + b"\r\n--X--\r\n"


def test_a_way_back_with_a_line_break_leads_to_the_list(review, sign_in):
    back = f"/reviews/{review.id}/items?\r\nX: y"
    answer = sign_in("olive").post(
        f"/items/{review.frozen['first']}/decision",
        data={"verdict": "approved", "version": 99, "back": back},
    )
    assert answer.status_code == 303
    assert answer.location.startswith(f"/reviews/{review.id}/items#")


@pytest.mark.parametrize("back", ["//evil.test/", "https://evil.test/", "/reviews/1/items@evil"])
def test_a_way_back_never_leads_elsewhere(review, sign_in, back):
    answer = sign_in("olive").post(
        f"/items/{review.frozen['first']}/decision",
        data={"verdict": "approved", "version": 99, "back": back},
    )
    assert answer.location.startswith(f"/reviews/{review.id}/items#")


def test_what_was_typed_is_never_answered_as_markup(review, sign_in):
    asked = {"verdict": "approved", "field": "<script>", "op": "is", "value": "x"}
    answer = sign_in("olive").post(
        f"/reviews/{review.id}/bulk", data=asked, headers={"HX-Request": "true"}
    )
    assert (answer.status_code, answer.mimetype) == (422, "text/plain")
