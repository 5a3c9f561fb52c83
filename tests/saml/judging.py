"""Judging an answer as the portal does, in one word."""

from datetime import UTC, datetime

import pytest
from lxml import etree

from portal.saml.answers import Answer, answer_in
from portal.saml.facts import Asked
from portal.saml.refusal import NotAccepted
from portal.saml.trust import Trust
from tests.saml.idp import posted

REQUEST = "_request1"


def judge(root: etree._Element | bytes | str, trust: Trust, **asked) -> Answer:
    """What comes of an answer to the request REQUEST."""
    return answer_in(
        posted(root), trust, Asked(datetime.now(UTC), **{"request_id": REQUEST, **asked})
    )


def refused(root: etree._Element | bytes | str, trust: Trust, **asked) -> str:
    """The reason why the answer is refused; the test fails where it is not."""
    with pytest.raises(NotAccepted) as problem:
        judge(root, trust, **asked)
    assert str(problem.value)
    return problem.value.reason
