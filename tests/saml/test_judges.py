"""Two judges, and each says no alone."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from portal.saml.facts import Asked, facts_of
from portal.saml.first_judge import agree
from portal.saml.names import saml
from portal.saml.reading import read, written
from portal.saml.refusal import NotAccepted
from portal.saml.signed import what_is_signed
from tests.saml.forging import FORGERIES, xsw3
from tests.saml.idp import answer, key, name_id_of, signed
from tests.saml.judging import REQUEST

OTTO = "otto@example.com"


@pytest.fixture
def root(says):
    """Otto's own answer, with both signatures."""
    ottos = answer(says, key("idp"), name_id=OTTO, attributes={"a": ["b"]})
    return read(written(signed(ottos, key("idp"))))


@pytest.fixture
def facts(root, trust):
    sure = what_is_signed(root, root.find(saml("Assertion")), trust.theirs.certificates)
    return facts_of(sure, trust, Asked(datetime.now(UTC), REQUEST))


@pytest.mark.parametrize("part", ["name_id", "assertion_id", "index"])
def test_what_the_two_read_differently_is_not_accepted(root, trust, facts, part):
    agree(root, facts, trust, REQUEST)
    with pytest.raises(NotAccepted) as problem:
        agree(root, replace(facts, **{part: "another"}), trust, REQUEST)
    assert problem.value.reason == "judges differ"


@pytest.mark.parametrize("forge", FORGERIES, ids=lambda forge: forge.__name__)
def test_the_first_judge_alone_refuses_wrapped_signatures_too(root, trust, facts, forge):
    with pytest.raises(NotAccepted):
        agree(forge(root), facts, trust, REQUEST)


def test_the_second_judge_alone_reads_only_what_was_signed(root, trust):
    forged = xsw3(root)
    sure = what_is_signed(forged, forged.findall(saml("Assertion"))[1], trust.theirs.certificates)
    assert name_id_of(sure).text == OTTO
    assert sure.get("ID") == "_assertion1"
    with pytest.raises(NotAccepted):
        what_is_signed(forged, forged.findall(saml("Assertion"))[0], trust.theirs.certificates)


def test_what_was_signed_is_read_from_its_bytes_and_not_from_the_message(root, trust):
    sure = what_is_signed(root, root.find(saml("Assertion")), trust.theirs.certificates)
    name_id_of(root).text = "carl@example.com"
    assert name_id_of(sure).text == OTTO
    assert sure.getparent() is None
