"""What the rules need to know of things; the rows of the database satisfy it as they are."""

from collections.abc import Collection
from typing import Protocol

from policies.lifecycle import ReviewState


class Application(Protocol):
    """What the rules need to know of an application."""

    @property
    def id(self) -> int: ...


class Role(Protocol):
    """What the rules need to know of a role."""

    @property
    def name(self) -> str: ...
    @property
    def is_built_in(self) -> bool: ...


class Review(Protocol):
    """What the rules need to know of a review."""

    @property
    def state(self) -> ReviewState: ...
    @property
    def reviewer_ids(self) -> Collection[int]: ...
    @property
    def remediation_owner_id(self) -> int | None: ...
    @property
    def accepts_decisions(self) -> bool: ...
    @property
    def lets_reassign(self) -> bool: ...
    @property
    def is_clearing(self) -> bool: ...
    @property
    def is_joint(self) -> bool: ...
    @property
    def is_prepared(self) -> bool: ...


class Item(Protocol):
    """What the rules need to know of an item."""

    @property
    def person_id(self) -> int | None: ...
    @property
    def reviewer_ids(self) -> Collection[int]: ...
    @property
    def present_reviewer_ids(self) -> Collection[int]: ...
    @property
    def signed_off(self) -> bool: ...
    @property
    def is_losing(self) -> bool: ...
    @property
    def review(self) -> Review: ...


class Sync(Protocol):
    """What the rules need to know of an import. `noun` is people or accounts; accounts are of an
    application."""

    @property
    def by_person_id(self) -> int | None: ...
    @property
    def review_id(self) -> int | None: ...
    @property
    def noun(self) -> str: ...
    @property
    def application_id(self) -> int | None: ...


class Document(Protocol):
    """What the rules need to know of a document of an application."""

    @property
    def application_id(self) -> int: ...
    @property
    def by_person_id(self) -> int: ...
