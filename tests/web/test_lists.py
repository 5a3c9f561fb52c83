"""Lists as files: they stream while the request that asked for them is over already."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from werkzeug.test import EnvironBuilder, run_wsgi_app

from tests.factories import launch, salesforce


@pytest.mark.parametrize(
    "path", ["/people/csv", "/letters/csv", "/imports/csv", "/applications/1/accounts/csv"]
)
def test_a_list_arrives_whole_from_a_server_that_closes_requests(app, cast, acting, sign_in, path):
    salesforce(cast)
    launch(acting("alma"))
    lines = _over_a_server(app, path, sign_in("alma")).splitlines()
    assert len(lines) > 1


def _over_a_server(app, path, client):
    """The whole answer, made in a thread of its own as a server does: outside of this test."""
    cookies = "; ".join(f"{each.key}={each.value}" for each in client._cookies.values())
    environ = EnvironBuilder(path, headers={"Cookie": cookies}).get_environ()

    def ask():
        body, status, _ = run_wsgi_app(app.wsgi_app, environ, buffered=False)
        assert status == "200 OK"
        return b"".join(body).decode()

    with ThreadPoolExecutor(1) as server:
        return server.submit(ask).result()
