"""How long whoever failed waits, and how long a proof is fresh."""

from datetime import UTC, datetime, timedelta

import pytest

from policies.browsers import in_words
from policies.signing_in import is_fresh, wait_after

NOON = datetime(2026, 12, 4, 12, tzinfo=UTC)


def test_waiting_grows_from_nothing_to_a_quarter_of_an_hour_and_no_further():
    waits = [int(wait_after(failures).total_seconds()) for failures in range(13)]
    assert waits == [0, 0, 0, 0, 0, 5, 10, 20, 40, 80, 900, 900, 900]


@pytest.mark.parametrize(("seconds", "fresh"), [(0, True), (599, True), (600, False)])
def test_a_proof_is_fresh_for_ten_minutes(seconds, fresh):
    assert is_fresh(NOON, NOON + timedelta(seconds=seconds)) is fresh


def test_nobody_who_never_proved_anything_is_fresh():
    assert not is_fresh(None, NOON)


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0",
         "Firefox on Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
         "Version/18.1 Safari/605.1.15", "Safari on macOS"),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 "
         "Safari/537.36", "Chrome on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
         "Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
         "Gecko) CriOS/131.0 Mobile/15E148 Safari/604.1", "Chrome on iPhone"),
        ("", "Unknown browser"),
        ("<script>", "Unknown browser"),
    ],
)  # fmt: skip
def test_a_browser_is_said_in_words(agent, words):
    assert in_words(agent) == words
