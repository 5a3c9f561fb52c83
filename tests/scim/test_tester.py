"""scim2-tester, which asks of a server what RFC 7643 and 7644 ask, finds nothing amiss."""

from scim2_client.engines.wsgi import WSGISCIMClient
from scim2_tester import Status, check_server


def test_the_tester_of_scim_is_content(app, cast, token):
    headers = {"Authorization": f"Bearer {token}"}
    client = WSGISCIMClient(app, base_url="http://portal.test/scim/v2", headers=headers)
    client.discover()

    results = check_server(client)

    wrong = [f"{r.title}: {r.reason}" for r in results if r.status is not Status.SUCCESS]
    assert wrong == []
    assert len(results) >= 135
