"""The page that asks for a review of what is signed off."""

import re
from html import unescape

from policies.filters import Filter
from portal.db import db
from portal.models import Campaign
from portal.usecases.decisions import decide_item, decide_view
from portal.usecases.reviews import sign_off
from tests.factories import APPROVED, items_of, launch, salesforce, start


def test_from_the_table_to_a_draft_about_what_was_in_view(sign_in, cast, acting):
    salesforce(cast)
    review = start(launch(acting("alma")), acting("olive"))
    here, client = f"/reviews/{review.id}", sign_in("alma")
    assert "Nothing here is signed off yet" in client.get(f"{here}/follow-up").text
    decide_view(review, Filter(), APPROVED, seen=0, by=acting("olive"))
    own = items_of(review)["olive"]
    decide_item(own, APPROVED, version=own.version, by=acting("alma"))
    for first in ("olive", "alma"):
        sign_off(review, by=acting(first))
    table = client.get(f"{here}/items?field=login&op=is&value=paula").text
    (link,) = re.findall(rf'href="({here}/follow-up[^"]+)"', table)
    assert "Review 1 account again" in client.get(unescape(link)).text
    assert "follow-up" not in sign_in("olive").get(f"{here}/items").text
    asked = {"field": "login", "op": "is", "value": "paula"}
    refused = client.post(f"{here}/follow-up", data=asked)
    assert refused.status_code == 422
    assert "Say why" in refused.text
    answer = client.post(f"{here}/follow-up", data={**asked, "reason": "By mistake."})
    draft = db.session.query(Campaign).order_by(Campaign.id.desc()).first()
    assert answer.status_code == 303
    assert answer.location.endswith(f"/campaigns/{draft.id}/plan/summary")
    summary = client.get(answer.location).text
    assert "1 account decided in" in summary
    users = client.get(f"/campaigns/{draft.id}/plan/users").text
    assert "Those chosen to be decided again" in users
    assert "decided again in “Salesforce again" in client.get(f"{here}/items").text
    olive = sign_in("olive").get(f"{here}/items").text  # nobody is told before it is launched
    assert "Paula Past" in olive
    assert "decided again" not in olive
    assert f'href="/reviews/{review.id}"' in client.get(f"/campaigns/{draft.id}").text
