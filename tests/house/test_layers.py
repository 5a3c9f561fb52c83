"""Second and fourth law: rules are pure, and only jobs talk to the outside world."""

import sys

import pytest

from tests.house import source

OUTSIDE = {
    *("smtplib", "socket", "ssl", "http.client", "urllib.request", "ftplib", "ldap3", "requests"),
    *("httpx", "aiohttp", "apprise", "subprocess"),
}
DOORS = {
    "portal/post/mail.py": "carries letters; only jobs import it",
    "portal/post/slack.py": "as above, to Slack",
    "portal/post/teams.py": "as above, to Teams",
    "portal/outgoing.py": "asks other sites; jobs do, and sign-in, which must",
}
SIGN_IN = {"portal/oidc/client.py", "portal/oidc/failures.py"}


@pytest.mark.parametrize("path", source.named("policies/"), ids=source.name)
def test_a_rule_needs_the_standard_library_and_other_rules_only(path):
    foreign = {
        module
        for module in source.imports(path)
        if module.partition(".")[0] not in {*sys.stdlib_module_names, "policies"}
    }
    assert foreign == set()


@pytest.mark.parametrize("path", source.named("policies/"), ids=source.name)
def test_a_rule_that_needs_the_time_is_handed_the_time(path):
    asked = {called for called, _ in source.calls(source.tree(path))}
    assert not asked & {"datetime.now", "datetime.utcnow", "date.today", "time.time"}


@pytest.mark.parametrize("path", source.named("portal/"), ids=source.name)
def test_the_portal_itself_talks_to_nobody_outside(path):
    found = source.imports(path) & OUTSIDE
    assert not found or source.name(path) in DOORS


@pytest.mark.parametrize("door", DOORS)
def test_only_jobs_go_through_the_doors_to_the_outside(door):
    module = door.removesuffix(".py").replace("/", ".")
    inside = [source.name(path) for path in source.named("portal/", "policies/")
              if module in source.imports(path)]  # fmt: skip
    inside = [name for name in inside if not name.startswith("portal/post/")]
    assert set(inside) - SIGN_IN == set()


@pytest.mark.parametrize("path", source.FILES, ids=source.name)
def test_the_time_is_asked_of_the_one_clock(path):
    if source.name(path) == "portal/clock.py":
        return
    asked = {called for called, _ in source.calls(source.tree(path))}
    assert not asked & {"datetime.now", "datetime.utcnow", "date.today", "datetime.today"}
