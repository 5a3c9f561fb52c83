"""Looking identity providers up: what they say of themselves, and whether it can be used."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import requests

from jobs.careful import Careful
from jobs.job import job
from policies.errors import Refusal
from policies.permissions import SYSTEM
from portal.db import db
from portal.models import IdentityProvider
from portal.models.provider import ProviderKind
from portal.oidc import SignInFailed
from portal.oidc.client import discovered, signing_keys
from portal.outgoing import fetch_page, problem_of
from portal.queries.providers import client_of, wanted_checks
from portal.queue import Job
from portal.saml.metadata import introduction_in
from portal.usecases.provider_checks import note_check
from portal.usecases.saml import take_introduction
from portal.usecases.troubles import Work

Found = tuple[str, list[list[str]]]


@job
def check_providers() -> None:
    """Ask every provider that somebody wants checked for its description, and keep the answer."""
    wanted = wanted_checks()
    careful = Careful(Job.CHECK_PROVIDERS, len(wanted))
    for number, name in [(provider.id, provider.name) for provider in wanted]:
        work = Work(Job.CHECK_PROVIDERS, f"provider:{number}", f"check {name}")
        careful.do(work, partial(_check, number))


def _check(number: int) -> None:
    provider = db.session.get_one(IdentityProvider, number)
    problem, facts = CHECKS.get(provider.kind, _nothing)(provider)
    note_check(provider, problem, facts, by=SYSTEM)


def _openid(provider: IdentityProvider) -> Found:
    client = client_of(provider)
    try:
        said = discovered(client)
        keys = signing_keys(client)
    except SignInFailed as failure:
        return str(failure), []
    return "", [[label, value] for label, value in _facts(said, keys).items()]


def _facts(said: Mapping[str, Any], keys: Mapping[str, Any]) -> dict[str, str]:
    return {
        "Issuer": said["issuer"],
        "Sign-in at": said["authorization_endpoint"],
        "Signing keys": str(len(keys.get("keys", []))),
        "Signed by": ", ".join(said["id_token_signing_alg_values_supported"]) or "nothing accepted",
        "PKCE": "S256"
        if "S256" in said.get("code_challenge_methods_supported", ())
        else "not said",
        "Sign-out there": "possible" if said.get("end_session_endpoint") else "not offered",
        "Tells us of sign-outs": "yes" if said.get("backchannel_logout_supported") else "no",
    }


def _nothing(provider: IdentityProvider) -> Found:
    return f"There is nothing to look up for {provider.name}.", []


def _saml(provider: IdentityProvider) -> Found:
    """Read its metadata where it has an address, and take over what is new."""
    address = str(provider.config.get("metadata_url") or "")
    if not address:
        return _nothing(provider)
    try:
        found = introduction_in(fetch_page(address))
        take_introduction(provider, found.theirs, by=SYSTEM)
    except requests.RequestException as error:
        return f"Its metadata could not be read. {problem_of(error)}", []
    except Refusal as refusal:
        return f"Its metadata was not taken over. {refusal}", []
    return "", [["Entity ID", found.theirs.issuer], ["Sign-in at", found.theirs.sso]]


CHECKS: Mapping[ProviderKind, Callable[[IdentityProvider], Found]] = {
    ProviderKind.OIDC: _openid,
    ProviderKind.SAML: _saml,
}
