"""Answers of SCIM laid out from our own documents, without a model made of each on the way out.

What is stored was checked when it came, and is complete. Where a client asks for some attributes
only, the models choose them, as everywhere else.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any

from scim2_models import ResourceType, ResponseParameters
from scim2_server.responses import ScimResponse

LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"


def wants_all(asked: ResponseParameters[Any]) -> bool:
    """Whether whole resources are asked for."""
    return not asked.attributes and not asked.excluded_attributes


def made_answer(base_url: str, kind: ResourceType, document: Mapping[str, Any]) -> ScimResponse:
    """What was made, at its address (RFC 7644, 3.3)."""
    body = published(base_url, kind, document)
    where, version = body["meta"]["location"], body["meta"]["version"]
    headers = {"Location": where, "Content-Location": where, "ETag": version}
    return ScimResponse(HTTPStatus.CREATED, body, headers)


def list_answer(
    total: int, first: int | None, resources: Sequence[Mapping[str, Any]]
) -> ScimResponse:
    """One page of published resources (RFC 7644, 3.4.2)."""
    body: dict[str, Any] = {"schemas": [LIST], "totalResults": total}
    body |= {"startIndex": first} if first is not None else {}
    body |= {"itemsPerPage": len(resources), "Resources": resources}
    return ScimResponse(HTTPStatus.OK, body)


def published(base_url: str, kind: ResourceType, document: Mapping[str, Any]) -> dict[str, Any]:
    """A user or a group as it is sent, with full addresses of it and of what it refers to."""
    body = {**document, "meta": dict(document["meta"])}
    meta = body["meta"]
    meta["location"] = f"{base_url}{kind.endpoint}/{document['id']}"
    meta |= {name: _moment(meta[name]) for name in ("created", "lastModified")}
    for name, value in document.items():
        if name in _REFERRING:
            body[name] = [_located(base_url, each) for each in value]
        elif isinstance(value, dict) and isinstance(value.get("manager"), dict):
            body[name] = {**value, "manager": _located(base_url, value["manager"])}
    return body


_REFERRING = ("groups", "members")


def _located(base_url: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    ref = entry.get("$ref")
    return {**entry, "$ref": f"{base_url}/{ref}"} if ref else dict(entry)


def _moment(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
