"""Forgeries by somebody who holds one rightly signed answer of their own: Otto's.

Each keeps Otto's signature whole and says "Alma" where a careless reader looks (XSW1 to XSW8,
after Somorovsky et al., "On Breaking SAML", USENIX Security 2012, and the forms since).
"""

from collections.abc import Callable
from copy import deepcopy

from lxml import etree

from portal.saml.names import SAML, SAMLP, ds, saml, samlp
from tests.saml.idp import name_id_of, unsigned

ALMA = "alma@example.com"
Forgery = Callable[[etree._Element], etree._Element]


def evil(element: etree._Element, identifier: str = "_evil") -> etree._Element:
    """The element again, unsigned, with another ID, and Alma in it."""
    copy = unsigned(element)
    for inner in copy.iterdescendants(saml("Assertion")):
        inner.set("ID", f"{identifier}_assertion")
        for signature in inner.findall(ds("Signature")):
            inner.remove(signature)
    copy.set("ID", identifier)
    name_id_of(copy).text = ALMA
    return copy


def parts(root: etree._Element) -> tuple[etree._Element, etree._Element, etree._Element]:
    """A copy of the answer, its assertion, and the assertion's signature."""
    root = deepcopy(root)
    assertion = next(root.iter(saml("Assertion")))
    return root, assertion, assertion.find(ds("Signature"))


def xsw1(root: etree._Element) -> etree._Element:
    """Alma's response around the signed one, which hides inside its own signature."""
    outer, original = evil(root), deepcopy(root)
    signature = original.find(ds("Signature"))
    original.remove(signature)
    outer.insert(1, signature)
    signature.append(original)
    return outer


def xsw2(root: etree._Element) -> etree._Element:
    """The signed response before its signature, both within Alma's."""
    outer, original = evil(root), deepcopy(root)
    signature = original.find(ds("Signature"))
    original.remove(signature)
    outer.insert(1, original)
    outer.insert(2, signature)
    return outer


def xsw3(root: etree._Element) -> etree._Element:
    """Alma's assertion before the signed one."""
    root, assertion, _ = parts(root)
    assertion.addprevious(evil(assertion))
    return root


def xsw4(root: etree._Element) -> etree._Element:
    """Alma's assertion around the signed one."""
    root, assertion, _ = parts(root)
    wrapper = evil(assertion)
    root.replace(assertion, wrapper)
    wrapper.append(assertion)
    return root


def xsw5(root: etree._Element) -> etree._Element:
    """Alma's assertion carries the signature; the signed one follows without it."""
    root, assertion, signature = parts(root)
    first = evil(assertion)
    assertion.remove(signature)
    first.insert(1, signature)
    assertion.addprevious(first)
    return root


def xsw6(root: etree._Element) -> etree._Element:
    """Alma's assertion carries the signature, which carries the signed assertion."""
    root, assertion, signature = parts(root)
    first = evil(assertion)
    root.replace(assertion, first)
    assertion.remove(signature)
    first.insert(1, signature)
    signature.append(assertion)
    return root


def xsw7(root: etree._Element) -> etree._Element:
    """Alma's assertion in the extensions, where the schema allows anything."""
    root, assertion, _ = parts(root)
    extensions = etree.Element(samlp("Extensions"))
    extensions.append(evil(assertion))
    root.insert(1, extensions)
    return root


def xsw8(root: etree._Element) -> etree._Element:
    """The signed assertion in an Object of the signature that Alma's carries."""
    root, assertion, signature = parts(root)
    first = evil(assertion)
    root.replace(assertion, first)
    assertion.remove(signature)
    first.insert(1, signature)
    holder = etree.SubElement(signature, ds("Object"))
    holder.append(assertion)
    return root


def in_status(root: etree._Element) -> etree._Element:
    """Alma's assertion in place, the signed one in the status detail (CVE-2024-45409)."""
    root, assertion, _ = parts(root)
    root.replace(assertion, evil(assertion))
    detail = etree.SubElement(root.find(samlp("Status")), samlp("StatusDetail"))
    detail.append(assertion)
    return root


def in_attribute(root: etree._Element) -> etree._Element:
    """The signed assertion inside a value of Alma's."""
    root, assertion, _ = parts(root)
    first = evil(assertion)
    root.replace(assertion, first)
    next(first.iter(saml("AttributeValue"))).append(assertion)
    return root


def in_other_case(root: etree._Element) -> etree._Element:
    """Alma's assertion with the name in other letters, before the signed one."""
    root, assertion, _ = parts(root)
    first = evil(assertion)
    first.tag = f"{{{SAML}}}assertion"
    assertion.addprevious(first)
    return root


def in_other_namespace(root: etree._Element) -> etree._Element:
    """Alma's assertion in a namespace that a careless reader strips."""
    root, assertion, _ = parts(root)
    first = evil(assertion)
    first.tag = f"{{{SAMLP}}}Assertion"
    assertion.addprevious(first)
    return root


def borrowed_signature(root: etree._Element) -> etree._Element:
    """Alma's assertion under the signed one's ID, with its signature."""
    root, assertion, signature = parts(root)
    first = evil(assertion, str(assertion.get("ID")))
    root.replace(assertion, first)
    first.insert(1, signature)
    return root


FORGERIES: tuple[Forgery, ...] = (
    *(xsw1, xsw2, xsw3, xsw4, xsw5, xsw6, xsw7, xsw8),
    *(in_status, in_attribute, in_other_case, in_other_namespace, borrowed_signature),
)
