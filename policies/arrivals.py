"""Somebody whom an identity provider vouches for, and which role its rules give them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

ASK, ASK_LOW = "Ask an Admin", "ask an Admin"
LONGEST_ADDRESS = 254  # RFC 5321


@dataclass(frozen=True)
class Identity:
    """What a provider says of whoever comes, after everything about it was verified.

    `claims` holds every claim or attribute as a list of texts, groups among them. `subject`
    and `index` are the provider's names of the person and of their session with it.
    """

    subject: str
    email: str
    name: str = ""
    claims: Mapping[str, Sequence[str]] = field(default_factory=dict)
    index: str = ""
    id_token: str = ""


class Rule(Protocol):
    """Whoever's claim has the value; "*" is any value."""

    @property
    def claim(self) -> str: ...
    @property
    def value(self) -> str: ...


AnyRule = TypeVar("AnyRule", bound=Rule)


def first_match(rules: Sequence[AnyRule], claims: Mapping[str, Sequence[str]]) -> AnyRule | None:
    """The first rule that holds, case ignored; None where none does."""
    known = {name.casefold(): {v.casefold() for v in values} for name, values in claims.items()}
    return next((rule for rule in rules if _holds(rule, known)), None)


def _holds(rule: Rule, known: Mapping[str, set[str]]) -> bool:
    values = known.get(rule.claim.casefold(), set())
    return bool(values) if rule.value == "*" else rule.value.casefold() in values


@dataclass(frozen=True)
class Terms:
    """On what terms a provider lets people in. No `domains`: addresses of any."""

    provider: str
    domains: Sequence[str] = ()
    creates_members: bool = False
    refuses_unmatched: bool = False


@dataclass(frozen=True)
class Known:
    """What the portal knows of whoever comes; nothing, where they were never seen.

    `role` is empty for a plain employee. `by_rule` says that single sign-on gave the role,
    so that it may take it away again.
    """

    is_known: bool = False
    is_past: bool = False
    is_external: bool = False
    role: str = ""
    by_rule: bool = False
    closed: str = ""
    is_last_admin: bool = False


@dataclass(frozen=True)
class Judgement:
    """What becomes of an arrival: refused with a sentence, or let in with `role` ("": none).

    `ruled` is what the rules alone give: None where none holds. `remark` says why somebody
    holds another role than that.
    """

    refusal: str = ""
    role: str = ""
    ruled: str | None = None
    remark: str = ""


def judge(identity: Identity, terms: Terms, known: Known, ruled: str | None) -> Judgement:
    """Decide about an arrival whose rules give the role `ruled` (None: no rule holds).

    A role given by hand stands whatever the rules say; one given by a rule is given and
    taken away by the rules, but never from the last Admin.
    """
    kept = known.role if known.role and not known.by_rule else ""
    if sentence := _address_refused(identity, terms) or _person_refused(identity, terms, known):
        return Judgement(sentence, known.role, ruled)
    if kept:
        differs = f"{_said(ruled)} by the rules; the role given by hand stands."
        return Judgement("", kept, ruled, differs if ruled != kept else "")
    if known.is_last_admin and ruled != known.role:
        return Judgement("", known.role, ruled, f"{_said(ruled)} by the rules; but the last Admin.")
    if ruled is None and terms.refuses_unmatched:
        return Judgement(f"No rule of {terms.provider} lets you in. {ASK} which group it takes.")
    if ruled and not known.role and not terms.creates_members:
        return Judgement("", "", ruled, f"{_said(ruled)} by the rules; but they make no members.")
    return Judgement("", ruled or "", ruled)


def address_of(identity: Identity) -> str:
    """The email address as people are found by it: in lower case; "" where it is none.

    Letters that become plain ones in lower case (the Kelvin sign) would make one address
    of two, so an address that holds one is none.
    """
    typed = identity.email.strip()
    folded = typed.lower()
    is_one = 3 <= len(folded) <= LONGEST_ADDRESS and folded.count("@") == 1 and folded.isprintable()
    strange = folded.isascii() != typed.isascii() or any(letter.isspace() for letter in folded)
    return folded if is_one and not strange and not folded.startswith("@") else ""


def _address_refused(identity: Identity, terms: Terms) -> str:
    address = address_of(identity)
    if not address:
        return f"{terms.provider} did not say your email address. {ASK} to have it sent along."
    if "false" in {v.casefold() for v in identity.claims.get("email_verified", ())}:
        return f"{terms.provider} has not verified that {address} is yours. Verify it there first."
    domain = address.rpartition("@")[2]
    if terms.domains and domain not in {each.casefold() for each in terms.domains}:
        return f"{terms.provider} lets in no addresses of {domain}. Sign in with another account."
    return ""


def _person_refused(identity: Identity, terms: Terms, known: Known) -> str:
    if known.is_past:
        return f"You are no longer among the people of this organisation. If not so, {ASK_LOW}."
    if known.is_external and (not known.role or known.by_rule):
        return f"You are not an employee, and not invited. {ASK} for an invitation."
    if known.closed:
        return f"{known.closed} {ASK} to open it again."
    if not known.is_known and not terms.creates_members:
        return f"Nobody with the address {address_of(identity)} is known here. {ASK} to add you."
    return ""


def _said(ruled: str | None) -> str:
    return {None: "Nothing", "": "A plain employee"}.get(ruled, f"“{ruled}”")
