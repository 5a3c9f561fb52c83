"""An item: one account and what it holds, or one thing that it holds, frozen as one line of a
review."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Index, and_, false, or_
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship

from policies.delta import DIFFERENT, Delta
from policies.lifecycle import LOSING, Verdict
from policies.recommendations import OPPOSED, is_against
from portal.db import Base
from portal.models.account import AccountKind
from portal.models.person import Person
from portal.models.review import Review

# By what an item stands where it does; an index has it, so that counting is reading straight ahead.
STANDING = ("verdict", "signed_off", "is_privileged", "decided_by_id", "bits")

# What there is one item of.
LINE = ("account_id", "review_id", "entitlement_kind", "entitlement")


class Item(Base):
    """The frozen facts first; then where the item stands, kept beside them for speed.

    `label` is the name shown and sorted by: person, else account name, else login. The items of
    a review lie together and in the order of their labels: their ids are in that order.
    `version` counts changes of its standing, so that a stale page can be told. `is_reduced`: a
    level below took some of its grants away, and what is left goes on (ItemGrant). The first of
    the lists' own columns lie in `own_1` ... as text as well (portal.queries.items.slots_of):
    to look into 100,000 JSON documents takes longer than all the rest of a page.

    Where the campaign reviews by entitlement, an item is one of the account's grants: that of
    `entitlement_kind` and `entitlement`. Elsewhere, and of an account that holds nothing, both are
    "". `roles` is always all that the account holds.

    What changed since the last completed review, what was decided then and what is recommended
    now are frozen in words as well (policies.delta, policies.recommendations). `previous_id` is
    the item of the same account in that review.
    """

    __tablename__ = "items"
    __table_args__ = (
        Index("ix_items_line", *LINE, unique=True),
        Index("ix_items_review_id_verdict", "review_id", *STANDING),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    review_id: Mapped[int] = mapped_column(ForeignKey("reviews.id"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)
    label: Mapped[str]
    login: Mapped[str]
    email: Mapped[str]
    instance: Mapped[str]
    account_name: Mapped[str]
    status: Mapped[str]
    kind: Mapped[AccountKind]
    roles: Mapped[str]
    department: Mapped[str]
    title: Mapped[str]
    manager: Mapped[str]
    owner: Mapped[str]  # of a service account
    employee_number: Mapped[str]
    person_status: Mapped[str]
    last_used_at: Mapped[datetime | None]
    created_on: Mapped[date | None]
    start_date: Mapped[date | None]
    end_date: Mapped[date | None]
    has_access: Mapped[bool]
    is_privileged: Mapped[bool]
    is_past: Mapped[bool]
    is_external: Mapped[bool]
    is_orphan: Mapped[bool]
    is_new: Mapped[bool]
    is_inactive: Mapped[bool]
    attributes: Mapped[dict[str, Any]]  # of the account
    person_attributes: Mapped[dict[str, Any]]
    own_1: Mapped[str] = mapped_column(default="", server_default="")
    own_2: Mapped[str] = mapped_column(default="", server_default="")
    own_3: Mapped[str] = mapped_column(default="", server_default="")
    own_4: Mapped[str] = mapped_column(default="", server_default="")
    own_5: Mapped[str] = mapped_column(default="", server_default="")
    own_6: Mapped[str] = mapped_column(default="", server_default="")

    recommendation: Mapped[str] = mapped_column(default="", server_default="")
    reasons: Mapped[str] = mapped_column(default="", server_default="")
    delta: Mapped[str] = mapped_column(default="", server_default="")
    changes: Mapped[str] = mapped_column(default="", server_default="")
    previous_verdict: Mapped[str] = mapped_column(default="", server_default="")
    previous_by: Mapped[str] = mapped_column(default="", server_default="")
    previous_at: Mapped[datetime | None]
    previous_id: Mapped[int | None]

    bits: Mapped[int] = mapped_column(default=0, server_default="0")  # see policies.chips

    level: Mapped[int] = mapped_column(default=1)
    verdict: Mapped[Verdict] = mapped_column(default=Verdict.UNDECIDED)
    signed_off: Mapped[bool] = mapped_column(default=False)
    comment: Mapped[str] = mapped_column(default="")
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    decided_at: Mapped[datetime | None]
    decision_id: Mapped[int | None]  # the latest decision on it
    version: Mapped[int] = mapped_column(default=0)
    is_reduced: Mapped[bool] = mapped_column(default=False, server_default=false())

    entitlement_kind: Mapped[str] = mapped_column(default="", server_default="")
    entitlement: Mapped[str] = mapped_column(default="", server_default="")

    review: Mapped[Review] = relationship()
    person: Mapped[Person | None] = relationship(foreign_keys=[person_id])
    decided_by: Mapped[Person | None] = relationship(foreign_keys=[decided_by_id])
    assignments: Mapped[list["Assignment"]] = relationship()

    @hybrid_property
    def is_against(self) -> bool:
        """It was decided otherwise than recommended."""
        return is_against(self.recommendation, self.verdict)

    @is_against.inplace.expression
    @classmethod
    def _is_against(cls) -> ColumnElement[bool]:
        pairs = OPPOSED.items()
        return or_(*(and_(cls.recommendation == a, cls.verdict == v) for a, v in pairs))

    @hybrid_property
    def is_different(self) -> bool:
        """It is new or changed since the last completed review."""
        return self.delta in DIFFERENT

    @is_different.inplace.expression
    @classmethod
    def _is_different(cls) -> ColumnElement[bool]:
        return cls.delta.in_(DIFFERENT)

    @hybrid_property
    def is_planted(self) -> bool:
        """It was invented by the campaign (policies.planting): the one kind of line that no account
        is behind. Nothing that counts, compares, removes or attests real access takes it."""
        return self.account_id is None

    @is_planted.inplace.expression
    @classmethod
    def _is_planted(cls) -> ColumnElement[bool]:
        return cls.account_id.is_(None)

    @property
    def full_label(self) -> str:
        """What a line is called where it is named alone: "Jane Doe", or "Admin of Jane Doe"."""
        return f"{self.entitlement} of {self.label}" if self.entitlement else self.label

    @property
    def held(self) -> str:
        """What is decided on: the entitlement, else all that the account holds."""
        return self.entitlement or self.roles

    @property
    def is_losing(self) -> bool:
        """Something of it is to be taken away, by what is signed off."""
        closed = self.signed_off and self.verdict in LOSING
        return not self.is_planted and (self.is_reduced or closed)

    @property
    def is_changed(self) -> bool:
        return self.delta == Delta.CHANGED.value

    @property
    def reviewer_ids(self) -> Collection[int]:
        """Who is assigned to it, at a level that has begun; nobody before the launch."""
        begun = 0 if self.review.is_prepared else self.review.level
        return {each.person_id for each in self.assignments if each.level <= begun}

    @property
    def present_reviewer_ids(self) -> Collection[int]:
        """Who is assigned to it at the level it is in."""
        at = 0 if self.review.is_prepared else self.level
        return {a.person_id for a in self.assignments if a.level == at}


class ItemGrant(Base):
    """An entitlement the item's account held at the freeze; of a line by entitlement just that one.

    `taken_at` is the level that takes it away by the decision that stands there, None where it
    stays. A rejected line loses its one from when it is signed off.
    """

    __tablename__ = "item_grants"
    __table_args__ = ({"sqlite_with_rowid": False},)

    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    taken_at: Mapped[int | None]


class GoneItem(Base):
    """An item of the last completed review whose account was not there any more at the freeze."""

    __tablename__ = "gone_items"
    __table_args__ = ({"sqlite_with_rowid": False},)

    review_id: Mapped[int] = mapped_column(ForeignKey("reviews.id"), primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"), primary_key=True)


class Assignment(Base):
    """One reviewer on one item at one level. Basis: named, owner, fallback, ...

    `vote` is what they said last, where several decide together (portal.models.vote).
    """

    __tablename__ = "assignments"
    __table_args__ = (
        Index("ix_assignments_person_id_item_id", "person_id", "item_id"),
        {"sqlite_with_rowid": False},
    )

    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"), primary_key=True)
    level: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    basis: Mapped[str]
    vote: Mapped[Verdict | None]
