"""What this portal speaks of SCIM 2.0 (RFC 7643, 7644): its resources and its abilities."""

import json
from typing import Annotated, Any, ClassVar

from pydantic import Field, model_validator
from scim2_models import (
    URN,
    AnyExtension,
    AuthenticationScheme,
    Bulk,
    CaseExact,
    ChangePassword,
    ComplexAttribute,
    ETag,
    Extension,
    External,
    Filter,
    Group,
    Mutability,
    Patch,
    PatchOp,
    Reference,
    Resource,
    ResourceType,
    ScimPolicy,
    ScimProvider,
    ServiceProviderConfig,
    Sort,
)
from scim2_models import User as StandardUser
from scim2_models.resources.user import Email as StandardEmail
from scim2_server.service import ScimService

from policies.provisioning import ENTERPRISE
from policies.scopes import BUILT_IN_ROLES

MOST_RESULTS = 200
MOST_OPERATIONS = 500
MOST_BYTES = 1_000_000


class Manager(ComplexAttribute):
    """The manager as providers send it: an id, a number or an address, with or without `$ref`."""

    value: Annotated[str | None, CaseExact.true] = None
    ref: Reference["User"] | None = Field(  # type: ignore[type-arg]  # named, not meant
        None, serialization_alias="$ref", validation_alias="$ref"
    )
    display_name: Annotated[str | None, Mutability.read_only] = None

    @model_validator(mode="before")
    @classmethod
    def _alone(cls, said: Any) -> Any:
        """Microsoft Entra sends the value alone, or a list of one."""
        if isinstance(said, list) and len(said) == 1:
            said = said[0]
        return {"value": said} if isinstance(said, str) else said


class EnterpriseUser(Extension):
    """The enterprise extension (RFC 7643, 4.3)."""

    __schema__ = URN(ENTERPRISE)

    employee_number: str | None = None
    cost_center: str | None = None
    organization: str | None = None
    division: str | None = None
    department: str | None = None
    manager: Manager | None = None


class Email(ComplexAttribute):
    """An address; a domain that is not of the internet, such as corp.local, is fine here."""

    value: str | None = None
    display: str | None = None
    type: StandardEmail.Type | None = None
    primary: bool | None = None


class User(StandardUser[AnyExtension]):
    """A user of RFC 7643, 4.1, whose `userType` is the name of a role."""

    user_type: str | None = Field(None, examples=sorted(BUILT_IN_ROLES))
    emails: list[Email] | None = None  # type: ignore[assignment]  # wider, and meant so
    Emails: ClassVar[type[ComplexAttribute]] = Email


CONFIG = ServiceProviderConfig(
    patch=Patch(supported=True),
    bulk=Bulk(supported=True, max_operations=MOST_OPERATIONS, max_payload_size=MOST_BYTES),
    filter=Filter(supported=True, max_results=MOST_RESULTS),
    change_password=ChangePassword(supported=False),
    sort=Sort(supported=True),
    etag=ETag(supported=True),
    authentication_schemes=[
        AuthenticationScheme(
            type=AuthenticationScheme.Type.oauthbearertoken,
            name="API token",
            description="A token made under Settings > API tokens, as a bearer token.",
            spec_uri=Reference[External]("https://www.rfc-editor.org/rfc/rfc6750"),
            primary=True,
        )
    ],
)

PROVIDER = ScimProvider(
    models=[User, Group, EnterpriseUser],
    resource_types=[
        ResourceType.from_resource(User[EnterpriseUser]),
        ResourceType.from_resource(Group),
    ],
    config=CONFIG,
    # Both are what Microsoft Entra needs: it removes members by value, and fills addresses
    # that are not there yet by a path with a filter.
    policy=ScimPolicy(
        remove_value_as_filter=ScimPolicy.RemoveValue.apply,
        unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
    ),
)


class Service(ScimService):
    """The protocol, without copying what our storage has just made for this very answer."""

    def read_patch(
        self, resource_type: ResourceType, body: bytes, content_type: str | None
    ) -> "PatchOp[Any]":
        """The body of a PATCH, in which Entra's empty `$ref` beside a value means nothing."""
        return super().read_patch(resource_type, _without_empty(body), content_type)

    def publish(self, base_url: str, resource: Resource[Any]) -> Resource[Any]:
        """Fill in the addresses, in place."""
        meta = resource.meta
        if meta is None or resource.id is None:
            raise ValueError("a resource without an id cannot be published")
        kind = self.get_resource_type_of(resource)
        meta.location = self.resource_location(base_url, kind, resource.id)
        for entry in _referring(resource):
            if entry.ref is not None:
                entry.ref = self.reference_location(base_url, str(entry.ref))
        return resource


def _without_empty(body: bytes) -> bytes:
    """Leave out what is null in the values of removals, which would have to match."""
    if b"null" not in body:
        return body
    try:
        said = json.loads(body)
        for operation in said["Operations"]:
            values = operation.get("value")
            if str(operation.get("op")).lower() == "remove" and isinstance(values, list):
                operation["value"] = [
                    {key: value for key, value in entry.items() if value is not None}
                    for entry in values
                ]
    except (ValueError, LookupError, TypeError, AttributeError):
        return body  # the server says what is wrong with it
    return json.dumps(said).encode()


def _referring(resource: Resource[Any]) -> list[Any]:
    """What refers to other resources in a user or a group."""
    if isinstance(resource, Group):
        return list(resource.members or ())
    more = getattr(resource, EnterpriseUser.__name__, None)
    manager = [more.manager] if more and more.manager else []
    return [*(getattr(resource, "groups", None) or ()), *manager]
