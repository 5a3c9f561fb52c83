"""The storage behind the SCIM server: reads by queries, writes by use-cases."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from flask import g
from scim2_models import (
    ConflictException,
    Context,
    InvalidValueException,
    NotFoundException,
    NotImplementedException,
    PreconditionFailedException,
    Resource,
    ResourceType,
    ResponseParameters,
    SCIMException,
    SearchRequest,
    UniquenessException,
)
from scim2_server.storage import ScimStorage, SearchPage
from sqlalchemy.exc import IntegrityError

from policies.errors import Denied, Invalid, Refusal, Stale
from policies.permissions import Actor
from policies.provisioning import ENTERPRISE, Missing, Taken
from portal.queries.provisioned_groups import as_group, find_group, group_page, members_of
from portal.queries.provisioning import as_user, find_user, groups_of, user_page
from portal.queries.scim_attributes import group_attributes, user_attributes
from portal.queries.scim_filters import order_of, where_of
from portal.usecases.provisioned_groups import (
    provision_group,
    reprovision_group,
    withdraw_group,
)
from portal.usecases.provisioning import (
    deprovision_person,
    provision_person,
    reprovision_person,
)
from portal.usecases.unit import by_itself
from portal.web.scim import PROVIDER

_ANSWERS: Mapping[type[Refusal], type[SCIMException]] = {
    Missing: NotFoundException,
    Taken: UniquenessException,
    Stale: PreconditionFailedException,
    Invalid: InvalidValueException,
}
_OURS = ("id", "meta", "groups", "schemas")


class Storage(ScimStorage):
    """People and groups; `actor` says by whom they are changed."""

    def __init__(self, actor: Callable[[], Actor]) -> None:
        self.actor = actor

    def get(
        self,
        resource_type: ResourceType,
        resource_id: str,
        *,
        response_parameters: ResponseParameters[Any] | None = None,
    ) -> Resource[Any]:
        """One resource; NotFoundException where there is none, or none any more."""
        if is_user(resource_type):
            found = _user(resource_id)
        else:
            found = _group(resource_id, members=_wants_members(response_parameters))
        if found is None:
            raise NotFoundException(detail=f"There is no {resource_type.name} {resource_id}.")
        resource: Resource[Any] = _model(resource_type).model_validate(found)
        g.scim_read = resource
        return resource

    def search(
        self,
        resource_types: list[ResourceType],
        search_request: SearchRequest[Any],
        *,
        position: Any = None,
    ) -> SearchPage:
        """One page; over several types, groups come before users, of whom there are more."""
        total, found = self.page(resource_types, search_request)
        return SearchPage(total, [self._model_of(kind, each) for kind, each in found])

    def page(
        self, resource_types: list[ResourceType], asked: SearchRequest[Any]
    ) -> tuple[int, list[tuple[ResourceType, dict[str, Any]]]]:
        """How many match, and the documents of one page, each with what it is."""
        if len(resource_types) > 1 and asked.sort_by:
            raise NotImplementedException(detail="Sort users and groups each by themselves.")
        start, left = asked.start_index_0 or 0, asked.count
        total, found = 0, []
        for kind in sorted(resource_types, key=is_user):
            count, page = _page(kind, asked, max(0, start - total), left)
            total += count
            found += [(kind, each) for each in page]
            left = None if left is None else left - len(page)
        return total, found

    def create(self, resource_type: ResourceType, resource: Resource[Any]) -> Resource[Any]:
        """Store somebody or some group new."""
        return self._model_of(resource_type, self.make(resource_type, document_of(resource)))

    def make(self, resource_type: ResourceType, document: Mapping[str, Any]) -> dict[str, Any]:
        """Store somebody or some group new; the document as stored."""
        act = provision_person if is_user(resource_type) else provision_group
        with _answered():
            return act(document, by=self.actor())

    def update(
        self,
        resource_type: ResourceType,
        resource: Resource[Any],
        *,
        expected_version: str | None = None,
    ) -> Resource[Any]:
        """Store the new state. What was read and patched is known by being the same object."""
        id_, document = resource.id or "", document_of(resource)
        how: dict[str, Any] = {"version": expected_version, "by": self.actor()}
        with _answered():
            if is_user(resource_type):
                patched = resource is g.get("scim_read")
                found = reprovision_person(id_, document, patched=patched, **how)
            else:
                found = reprovision_group(id_, document, **how)
        return self._model_of(resource_type, found)

    def delete(
        self,
        resource_type: ResourceType,
        resource_id: str,
        *,
        expected_version: str | None = None,
    ) -> None:
        """Let somebody go, or take a group away."""
        act = deprovision_person if is_user(resource_type) else withdraw_group
        with _answered():
            act(resource_id, version=expected_version, by=self.actor())

    @contextmanager
    def operation(self) -> Iterator[None]:
        """One of the operations of a bulk request, which may fail without the others."""
        with _answered(), by_itself():
            yield

    @staticmethod
    def _model_of(resource_type: ResourceType, found: dict[str, Any]) -> Resource[Any]:
        stored: Resource[Any] = _model(resource_type).model_validate(found)
        return stored


@contextmanager
def _answered() -> Iterator[None]:
    """Say a refusal in SCIM's words, with its own sentence."""
    try:
        yield
    except Denied:
        raise
    except Refusal as refusal:
        kinds = (answer for kind, answer in _ANSWERS.items() if isinstance(refusal, kind))
        raise next(kinds, ConflictException)(detail=str(refusal)) from refusal
    except IntegrityError as error:
        raise UniquenessException(detail="Somebody else took this just now.") from error


def is_user(resource_type: ResourceType) -> bool:
    return resource_type.name == "User"


def _model(resource_type: ResourceType) -> Any:
    return PROVIDER.model_for(resource_type)


def _user(id_: str) -> dict[str, Any] | None:
    row = find_user(id_)
    if row is None:
        return None
    return as_user(row, groups_of([row.person.id]).get(row.person.id, ()))


def _group(id_: str, *, members: bool) -> dict[str, Any] | None:
    group = find_group(id_)
    if group is None:
        return None
    return as_group(group, members_of([group.id]).get(group.id, []) if members else [])


def _page(
    kind: ResourceType, request: SearchRequest[Any], start: int, count: int | None
) -> tuple[int, list[dict[str, Any]]]:
    model = _model(kind)
    attributes = user_attributes() if is_user(kind) else group_attributes()
    where = where_of(model, str(request.filter), attributes) if request.filter else None
    order = order_of(model, request, attributes)
    if is_user(kind):
        return user_page(where, order, start, count)
    return group_page(where, order, start, count, members=_wants_members(request))


def _wants_members(parameters: ResponseParameters[Any] | None) -> bool:
    """Whether an answer shows the members of groups, of which there can be very many."""
    if parameters is None:
        return True
    left_out = {str(path).lower() for path in parameters.excluded_attributes or ()}
    asked = [str(path).lower() for path in parameters.attributes or ()]
    if any(path.rpartition(":")[2] == "members" for path in left_out):
        return False
    return not asked or any(
        path.rpartition(":")[2].partition(".")[0] == "members" for path in asked
    )


def document_of(resource: Resource[Any]) -> dict[str, Any]:
    """What was said, as JSON, without what is ours to say. Passwords are never kept."""
    said = resource.model_dump(scim_ctx=Context.RESOURCE_REPLACEMENT_RESPONSE)
    document = {key: value for key, value in said.items() if key not in _OURS}
    document.pop("password", None)
    if "\\u0000" in json.dumps(document):
        raise InvalidValueException(detail="A value holds a character that is no text (NUL).")
    if more := document.get(ENTERPRISE):
        if manager := more.get("manager"):
            more["manager"] = {"value": _pointed_at(manager)}
        if not _pointed_at(more.get("manager") or {}):
            more.pop("manager", None)
    for member in document.get("members") or ():
        member["value"] = _pointed_at(member)
    return document


def _pointed_at(entry: Mapping[str, Any]) -> str:
    """The id in `value`, else the last part of `$ref`."""
    return str(entry.get("value") or (entry.get("$ref") or "").rpartition("/")[2])
