"""What is not plain XML of a reasonable size is refused before it is understood."""

import time
import zlib
from datetime import UTC, datetime

import pytest
from lxml import etree

from portal.saml.answers import answer_in
from portal.saml.facts import Asked
from portal.saml.names import saml
from portal.saml.reading import MOST_BYTES, decoded, inflated, read
from portal.saml.refusal import NotAccepted
from tests.saml.idp import answer, key, name_id_of
from tests.saml.judging import judge, refused


def text(root: etree._Element) -> str:
    return etree.tostring(root).decode()


BOMB = (
    '<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa">'
    + "".join(
        f'<!ENTITY {n} "{f"&{p};" * 10}">' for p, n in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]>"
)


@pytest.mark.parametrize(
    "before",
    [
        "<!DOCTYPE r>",
        '<!DOCTYPE r [<!ENTITY x "alma@example.com">]>',
        '<!DOCTYPE r SYSTEM "http://evil.example.com/x.dtd">',
        '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE r [<!ATTLIST r ID ID #IMPLIED>]>',
        BOMB,
        "<!-- a comment -->",
        '<?xml-stylesheet href="http://evil.example.com/x.xsl"?>',
        '<?xml version="1.0"?><!DOCTYPE r>',
        '<?xml version="1.0"?>\n<!---->',
    ],
)  # fmt: skip
def test_a_document_type_or_instruction_is_refused(trust, says, before):
    began = time.monotonic()
    assert refused(before + text(answer(says, key("idp"))), trust) == "not plain XML"
    assert time.monotonic() - began < 1


@pytest.mark.parametrize("hidden", ["<!---->", "<!-- x -->", "<?x?>", "<![CDATA[]]>"])
def test_a_comment_inside_a_name_does_not_shorten_it(trust, says, hidden):
    """CVE-2017-11427: alma@example.com<!---->.evil.com was signed, alma@example.com was read."""
    root = answer(says, key("idp"), name_id="alma@example.com.evil.com", attributes={"a": ["b"]})
    assert judge(root, trust).identity.email == "alma@example.com.evil.com"
    whole = text(root)
    split = whole.replace("alma@example.com.evil", f"alma@example.com{hidden}.evil")
    assert split != whole
    assert refused(split, trust) == "not plain XML"


def test_an_element_inside_a_name_does_not_shorten_it(trust, says):
    name = '<saml:NameID>alma@example.com<x xmlns="urn:x"/>.evil.com</saml:NameID>'
    root = answer(says, key("idp"), name_id_xml=name)
    assert refused(root, trust) == "lacking"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-7", "utf-32", "iso-8859-1", "cp037"])
def test_only_utf_8_is_read(trust, says, encoding):
    declared = f'<?xml version="1.0" encoding="{encoding}"?>' + text(answer(says, key("idp")))
    assert refused(declared.encode(encoding), trust) in {"not plain XML", "not readable"}
    assert refused(declared.encode(), trust) == "not plain XML"


def test_text_that_is_no_utf_8_is_refused(trust):
    assert refused(b"<r>\xff\xfe</r>", trust) == "not plain XML"
    assert refused(b"<r>\x00</r>", trust) == "not readable"


@pytest.mark.parametrize("uri", ["1", "a/b", "../x", "//evil", "?", "#x"])
def test_a_relative_namespace_cannot_void_what_is_signed(trust, says, uri):
    """Canonicalisation of these fails; careless verifiers then compare the hash of nothing."""
    for place in ("samlp:Response", "saml:AttributeStatement"):
        whole = text(answer(says, key("idp")))
        changed = whole.replace(f"<{place}", f'<{place} xmlns:void="{uri}"', 1)
        assert refused(changed, trust) == "relative namespace"
    default = whole.replace("<samlp:Status>", f'<samlp:Status><x xmlns="{uri}"/>', 1)
    assert refused(default, trust) == "relative namespace"


def test_an_attribute_given_twice_is_no_xml(trust, says):
    whole = text(answer(says, key("idp")))
    twice = whole.replace('Version="2.0"', 'Version="2.0" Version="2.0"', 1)
    assert refused(twice, trust) == "not readable"
    same = whole.replace(
        'Version="2.0"', 'xmlns:a="urn:x" xmlns:b="urn:x" a:v="1" b:v="2" Version="2.0"', 1
    )
    assert refused(same, trust) == "not readable"


def test_a_prefix_that_means_something_else_inside_is_seen_through(trust, says):
    """The prefix `saml` is bound to another namespace around a second assertion."""
    other = (
        '<saml:Assertion xmlns:saml="urn:evil" ID="_evil"><saml:NameID>x</saml:NameID>'
        "</saml:Assertion><samlp:Status>"
    )
    changed = text(answer(says, key("idp"))).replace("<samlp:Status>", other, 1)
    assert refused(changed, trust) == "strange shape"


def test_an_escaped_character_is_only_a_character(trust, says):
    root = answer(says, key("idp"), name_id="alma&#x40;example.com")
    assert name_id_of(root).text == "alma@example.com"
    assert judge(root, trust).identity.subject == "alma@example.com"
    trick = answer(
        says, key("idp"), name_id="alma@example.com&lt;!----&gt;", attributes={"a": ["b"]}
    )
    assert judge(trick, trust).identity.subject == "alma@example.com<!---->"


def test_a_message_that_is_too_large_is_not_read(trust, says):
    root = answer(says, key("idp"))
    next(root.iter(saml("AttributeValue"))).text = "x" * MOST_BYTES
    assert refused(root, trust) == "too large"
    with pytest.raises(NotAccepted, match="larger"):
        decoded("A" * 1_000_000)


@pytest.mark.parametrize("nested", [300, 20_000])
def test_a_deep_message_is_refused_and_not_run_into_the_ground(trust, nested):
    assert refused("<a>" * nested + "</a>" * nested, trust) == "not readable"


@pytest.mark.parametrize("posted", ["", "ä", "not base64!", "PHI+", "PHIvPg=="])
def test_what_is_no_message_is_refused(trust, posted):
    with pytest.raises(NotAccepted):
        answer_in(posted, trust, Asked(datetime.now(UTC)))


def test_what_unpacks_to_more_than_a_message_is_refused():
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = packer.compress(b"\0" * 200_000_000) + packer.flush()
    assert len(bomb) < MOST_BYTES
    began = time.monotonic()
    with pytest.raises(NotAccepted, match="larger"):
        inflated(bomb)
    assert time.monotonic() - began < 0.5


def test_what_cannot_be_unpacked_is_refused():
    for packed in (b"", b"\xff\xff", b"plain text"):
        with pytest.raises(NotAccepted):
            inflated(packed)


def test_notes_in_metadata_are_dropped_and_a_document_type_is_not():
    root = read(b"<!-- ours --><r><!-- <a/> --><b>x<!-- y -->z</b></r>", with_comments=True)
    assert etree.tostring(root) == b"<r><b>xz</b></r>"
    with pytest.raises(NotAccepted):
        read(b"<!-- --><!DOCTYPE r><r/>", with_comments=True)
    with pytest.raises(NotAccepted):
        read(b"<!-- <!DOCTYPE r --><!DOCTYPE r>--><r/>", with_comments=True)
