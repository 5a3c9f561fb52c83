"""However a message is damaged: it is refused with a sentence, or it was not damaged at all."""

import random
from copy import deepcopy

import pytest
from lxml import etree

from portal.saml.refusal import NotAccepted
from tests.saml.idp import answer, assertion, key, response, signed
from tests.saml.judging import judge, refused
from tests.saml.sealing import sealed

WORDS = ("", "x", "_assertion1", "2.0", "https://portal.test/saml/okta/acs", "\u00e4", "9" * 300)


def damaged(root: etree._Element, chance: random.Random) -> etree._Element:
    """A copy with one to three elements or attributes changed, moved, doubled or gone."""
    root = deepcopy(root)
    for _ in range(chance.randint(1, 3)):
        elements = list(root.iter())
        element, other = chance.choice(elements), chance.choice(elements)
        how = chance.randrange(6)
        if how == 0:
            element.text = chance.choice(WORDS)
        elif how == 1 and element.attrib:
            element.set(chance.choice(list(element.attrib)), chance.choice(WORDS))
        elif how == 2 and element.attrib:
            del element.attrib[chance.choice(list(element.attrib))]
        elif how == 3:
            other.append(deepcopy(element))
        elif how == 4:
            element.tag = other.tag
        elif element.getparent() is not None:
            element.getparent().remove(element)
    return root


@pytest.mark.parametrize("kind", ["plain", "both signed", "encrypted"])
def test_damage_is_never_a_mishap_and_never_somebody_else(trust, says, kind):
    chance = random.Random(kind)  # noqa: S311  the same damage every time
    root = answer(says, key("idp"), attributes={"a": ["b"]})
    if kind == "both signed":
        root = signed(root, key("idp"))
    elif kind == "encrypted":
        root = response(says, sealed(signed(assertion(says), key("idp")), key("portal")))
    refusals = 0
    for _ in range(250):
        try:
            found = judge(damaged(root, chance), trust)
            assert found.identity.subject == "alma@example.com"
        except NotAccepted:
            refusals += 1
    assert refusals > 150


def test_damaged_bytes_are_never_a_mishap(trust, says):
    chance = random.Random("bytes")  # noqa: S311  as above
    whole = etree.tostring(answer(says, key("idp"), attributes={"a": ["b"]}))
    for _ in range(400):
        changed = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        try:
            assert judge(bytes(changed), trust).identity.subject == "alma@example.com"
        except NotAccepted:
            continue


def test_a_name_for_another_portal_is_refused_with_a_sentence(trust, says):
    name = '<saml:NameID SPNameQualifier="https://elsewhere">alma@example.com</saml:NameID>'
    assert refused(answer(says, key("idp"), name_id_xml=name), trust) == "first judge"
