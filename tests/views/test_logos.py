"""Logos: who may set them, what is taken, what is left of it, and how they are served."""

import io

import pytest
from PIL import Image, PngImagePlugin

from policies.errors import Invalid
from portal import pictures
from portal.db import db
from portal.models import Application, Logo, TrailLine
from portal.queries.logos import logo_of, organisation_logo
from tests.factories import make_application
from tests.story import story

SVG = (
    b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
)


def drawn(kind="PNG", size=(400, 200), **saved) -> bytes:
    kept = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(kept, kind, **saved)
    return kept.getvalue()


def sent(data: bytes, name: str = "logo.png"):
    return {"logo": (io.BytesIO(data), name)}


@story
def figma(cast):
    return make_application("Figma", cast.otto)


def fresh(application) -> Application:
    db.session.expire_all()
    return db.session.get_one(Application, application.id)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_logo_is_drawn_anew_as_a_small_png(sign_in, figma, kind):
    path = f"/applications/{figma.id}/logo"
    assert sign_in("ivan").post(path, data=sent(drawn(kind))).status_code == 303
    kept = Image.open(io.BytesIO(logo_of(fresh(figma))))
    assert (kept.format, kept.size) == ("PNG", (256, 128))


def test_what_was_hidden_in_a_picture_does_not_come_along(sign_in, figma):
    note = PngImagePlugin.PngInfo()
    note.add_text("Comment", "SECRET-NOTE")
    exif = Image.Exif()
    exif[0x010E] = "SECRET-PLACE"
    for data in (drawn(pnginfo=note), drawn("JPEG", exif=exif) + b"SECRET-TAIL"):
        assert b"SECRET" in data
        sign_in("ivan").post(f"/applications/{figma.id}/logo", data=sent(data))
        assert b"SECRET" not in logo_of(fresh(figma))


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "Choose a picture first"),
        (SVG, "SVG drawings are not taken"),
        (b"\x89PNG\r\n\x1a\n broken", "cannot be read as a picture"),
        (drawn("GIF"), "cannot be read as a picture"),
        (drawn(size=(4001, 3000)), "4,001 by 3,000 pixels"),
    ],
)
def test_what_is_no_moderate_picture_is_refused_with_a_sentence(sign_in, figma, data, sentence):
    answer = sign_in("ivan").post(f"/applications/{figma.id}/logo", data=sent(data, "x.png"))
    assert answer.status_code == 422
    assert sentence in answer.text
    assert fresh(figma).logo == ""


def test_a_picture_of_too_many_bytes_is_not_even_looked_at():
    with pytest.raises(Invalid, match="larger than 900 kB"):
        pictures.drawn_anew(drawn() + bytes(pictures.MOST_BYTES))


def test_a_logo_is_served_for_good_under_its_hash_and_under_no_other(sign_in, figma):
    client = sign_in("ivan")
    client.post(f"/applications/{figma.id}/logo", data=sent(drawn()))
    address = f"/applications/{figma.id}/logo/{fresh(figma).logo}.png"
    answer = client.get(address)
    assert (answer.status_code, answer.mimetype) == (200, "image/png")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert client.get(f"/applications/{figma.id}/logo/{'0' * 64}.png").status_code == 404
    assert sign_in("max").get(address).status_code == 404


def test_a_reader_cannot_change_a_logo(sign_in, figma):
    for path in (f"/applications/{figma.id}/logo", "/settings/logo"):
        assert sign_in("ada").post(path, data=sent(drawn())).status_code == 403


def test_a_removed_logo_leaves_nothing_behind_but_the_trail(sign_in, figma):
    client = sign_in("ivan")
    client.post(f"/applications/{figma.id}/logo", data=sent(drawn()))
    client.post(f"/applications/{figma.id}/logo/remove")
    assert fresh(figma).logo == ""
    assert db.session.query(Logo).count() == 0
    verbs = [line.verb for line in db.session.query(TrailLine).order_by(TrailLine.id)]
    assert [verb for verb in verbs if "logo" in verb] == ["logo set", "logo removed"]


def test_two_applications_share_a_picture_until_both_gave_it_up(sign_in, figma, cast):
    other, client = make_application("Miro"), sign_in("ivan")
    for application in (figma, other):
        client.post(f"/applications/{application.id}/logo", data=sent(drawn()))
    client.post(f"/applications/{figma.id}/logo/remove")
    assert logo_of(fresh(other))


def test_the_organisations_logo_stands_on_every_page_and_at_the_door(app, sign_in, cast):
    client = sign_in("alma")
    assert client.post("/settings/logo", data=sent(drawn())).status_code == 303
    for page in (client.get("/people").text, app.test_client().get("/sign-in").text):
        address = page.partition('class="logo" src="')[2].partition('"')[0]
        assert app.test_client().get(address).data == organisation_logo()
    client.post("/settings/logo/remove")
    assert organisation_logo() is None


def test_without_a_logo_a_monogram_is_drawn_always_in_the_same_colour(sign_in, figma):
    client = sign_in("ada")
    found = {client.get(path).text.partition('class="logo tone-')[2][:1]
             for path in ("/applications", f"/applications/{figma.id}")}  # fmt: skip
    assert len(found) == 1
    assert found <= set("123456")
