"""Who may do what, and the sentence said to whoever may not.

A permission *is* its rules: it is held when every one of them holds. The guard at
the door, the buttons on the page, the use-cases and the documentation read the same
objects, so they cannot disagree.
"""

from typing import Any

from policies.lifecycle import OPEN_REVIEWS, ReviewState
from policies.rules import OPERATOR, SYSTEM, Actor, Permission, Rule, can, require
from policies.scopes import ADMIN, AUDITOR, Access, Scope
from policies.things import Application, Document, Item, Review, Role, Sync

# And every permission below.
__all__ = ["OPERATOR", "SYSTEM", "Actor", "Permission", "Rule", "can", "require"]


def _with(scope: Scope, access: Access) -> Rule[Any]:
    return Rule(
        lambda actor, _: actor.has(scope, access),
        f"This needs “{access.label}” on {scope.value}. Ask an Admin for it.",
    )


def _scoped(name: str, scope: Scope, access: Access) -> Permission[object]:
    return Permission(name, _with(scope, access), scope=scope)


def _or_owned(scope: Scope, access: Access, otherwise: str) -> Rule[Application]:
    """Held by a role, or by answering for this very application."""
    return Rule(lambda actor, it: actor.has(scope, access) or it.id in actor.owns, otherwise)


def _conducts(actor: Actor, _: object) -> bool:
    return actor.has(Scope.REVIEWS, Access.ACT)


def _sees_review(actor: Actor, review: Review) -> bool:
    return (
        actor.has(Scope.REVIEWS, Access.READ)
        or actor.person_id in review.reviewer_ids
        or (_remediates(actor, review) and review.is_clearing)
    )


def _reviews(actor: Actor, review: Review) -> bool:
    return _conducts(actor, review) or actor.person_id in review.reviewer_ids


def _remediates(actor: Actor, review: Review) -> bool:
    return actor.person_id is not None and actor.person_id == review.remediation_owner_id


def _clears_access(actor: Actor, review: Review) -> bool:
    return _reviews(actor, review) or _remediates(actor, review)


def _sees_item(actor: Actor, item: Item) -> bool:
    if actor.has(Scope.REVIEWS, Access.READ) or actor.person_id in item.reviewer_ids:
        return True
    return _remediates(actor, item.review) and item.is_losing and item.review.is_clearing


def _sees_sync(actor: Actor, sync: Sync) -> bool:
    if actor.person_id is not None and actor.person_id == sync.by_person_id:
        return True
    if sync.application_id in actor.owns:
        return True
    return actor.has(Scope.INTEGRATIONS, Access.READ) or actor.has(Scope.REVIEWS, Access.READ)


def _applies_sync(actor: Actor, sync: Sync) -> bool:
    """Those who may import it, owners of its application among them; and, for a list a review
    asked for, whoever uploaded it."""
    if sync.application_id in actor.owns:
        return True
    asked_for = sync.review_id is not None and actor.person_id is not None
    if asked_for and actor.person_id == sync.by_person_id:
        return True
    return actor.has(Scope.USERS if sync.noun == "people" else Scope.APPLICATIONS, Access.ACT)


def _is_theirs_to_decide(actor: Actor, item: Item) -> bool:
    if _conducts(actor, item) and not item.review.is_joint:
        return True
    return actor.person_id in item.present_reviewer_ids


def _is_somebody(actor: Actor, _: object) -> bool:
    return actor.person_id is not None


BEFORE_REMEDIATION = {ReviewState.PENDING, ReviewState.IN_REVIEW}

_LATE = "The due date has passed and this campaign does not accept late decisions."
_CLOSED = "This review is closed; no list is taken for it any more."
_LAUNCHED: Rule[Review] = Rule(
    lambda _, review: not review.is_prepared,
    "This campaign is in preparation: nothing is signed off before it is launched.",
)
_SIGNED = "This part of the review is signed off; its decisions can no longer change."

ENTER_CONSOLE = Permission[object](
    "enter the admin console",
    Rule(lambda actor, _: any(actor.scopes.values()), "This page is for members."),
)
ENTER_PORTAL = Permission[object](
    "see one's own tasks", Rule(_is_somebody, "Sign in to see your tasks.")
)
_NO_AUDITOR: Rule[Any] = Rule(
    lambda actor, _: actor.role != AUDITOR, "An auditor changes nothing here."
)
ARRANGE_OWN = Permission[object](
    "arrange one's own delegate and calendar",
    Rule(_is_somebody, "Sign in to see your tasks."),
    _NO_AUDITOR,
)
_ADMIN_ONLY: Rule[Any] = Rule(lambda actor, _: actor.is_admin, "Only an Admin may do this.")
ADMINISTER = Permission[object]("administer the portal", _ADMIN_ONLY)
PROVISION = Permission[object](
    "provision people",
    Rule(
        lambda actor, _: actor.purpose == "provisioning",
        "This needs an API token made for provisioning.",
    ),
)
CHANGE_ROLE = Permission[Role](
    "change a role",
    _ADMIN_ONLY,
    Rule(
        lambda _, role: not role.is_built_in,
        "This role comes with the product and stays as it is. Duplicate it, and change the copy.",
    ),
)
PREVIEW_ROLE = Permission[Role](
    "see the portal as a role",
    _ADMIN_ONLY,
    Rule(
        lambda _, role: not (role.is_built_in and role.name == ADMIN),
        "This is the role you have: you see the portal as it anyway.",
    ),
)
SEE_CAMPAIGNS = _scoped("see campaigns", Scope.REVIEWS, Access.READ)
RUN_CAMPAIGNS = _scoped("run campaigns", Scope.REVIEWS, Access.ACT)
SEE_EVIDENCE = _scoped("download reports", Scope.EVIDENCE, Access.READ)
ORDER_EVIDENCE = _scoped("order reports", Scope.EVIDENCE, Access.ACT)
TEND_REPORT = Permission[object](
    "try a report again, or stop it",
    Rule(
        lambda actor, _: (
            actor.has(Scope.EVIDENCE, Access.ACT) or actor.has(Scope.SETTINGS, Access.ACT)
        ),
        "This needs “Take action” on Evidence or on Settings. Ask an Admin for it.",
    ),
    scope=Scope.EVIDENCE,
)
SHARE_EVIDENCE = _scoped("share reports", Scope.EVIDENCE, Access.ACT)
SEE_APPLICATIONS = _scoped("see applications", Scope.APPLICATIONS, Access.READ)
EDIT_APPLICATIONS = _scoped("edit applications", Scope.APPLICATIONS, Access.ACT)
SEE_APPLICATION = Permission[Application](
    "see an application",
    _or_owned(Scope.APPLICATIONS, Access.READ, "This application is not yours."),
)
SEE_HOLDERS = Permission[Application](
    "see the people of an application",
    _or_owned(Scope.APPLICATIONS, Access.READ, "This application is not yours."),
    _or_owned(Scope.USERS, Access.READ, "This needs “Read-only” on User Attributes."),
    scope=Scope.USERS,
)
EDIT_APPLICATION = Permission[Application](
    "edit an application",
    _or_owned(
        Scope.APPLICATIONS,
        Access.ACT,
        "Only its owners, and members who may edit applications, can change this application. "
        "Ask an Admin for that.",
    ),
)
IMPORT_INTO = Permission[Application](
    "import the accounts of an application",
    _or_owned(
        Scope.APPLICATIONS,
        Access.ACT,
        "Only its owners, and members who may edit applications, can bring its list.",
    ),
)
SEE_DOCUMENT = Permission[Document](
    "see a document",
    Rule(
        lambda actor, it: (
            actor.has(Scope.APPLICATIONS, Access.READ) or it.application_id in actor.owns
        ),
        "This document is of an application that is not yours.",
    ),
)
REMOVE_DOCUMENT = Permission[Document](
    "remove a document",
    Rule(
        lambda actor, it: (
            actor.has(Scope.APPLICATIONS, Access.ACT)
            or (it.application_id in actor.owns and it.by_person_id == actor.person_id)
        ),
        "Only whoever uploaded it, and members who may edit applications, can remove it.",
    ),
)
SEE_PEOPLE = _scoped("see people", Scope.USERS, Access.READ)
SEE_SOURCES = _scoped("see imports", Scope.INTEGRATIONS, Access.READ)
IMPORT_PEOPLE = _scoped("import people", Scope.USERS, Access.ACT)
IMPORT_ACCOUNTS = _scoped("import accounts", Scope.APPLICATIONS, Access.ACT)
SEE_SYNC = Permission[Sync](
    "see an import",
    Rule(_sees_sync, "This import is not yours."),
)
APPLY_SYNC = Permission[Sync](
    "apply an import",
    Rule(_sees_sync, "This import is not yours."),
    Rule(_applies_sync, "Only those who may import such lists can apply or discard this one."),
)
TEND_SYNC = Permission[Sync](
    "try an import again, or stop it",
    Rule(
        lambda actor, sync: actor.has(Scope.SETTINGS, Access.ACT) or _applies_sync(actor, sync),
        "Only those who may import such lists, or look after background work, can do this.",
    ),
)
SEE_SETTINGS = _scoped("see settings", Scope.SETTINGS, Access.READ)
EDIT_SETTINGS = _scoped("edit settings", Scope.SETTINGS, Access.ACT)
RUN_JOBS = _scoped("look after background work", Scope.SETTINGS, Access.ACT)
SEE_TRAIL = _scoped("see the trail", Scope.TRAIL, Access.READ)

SEE_REVIEW = Permission[Review](
    "see a review", Rule(_sees_review, "This review is not assigned to you.")
)
ARRANGE_TABLE = Permission[Review](
    "arrange the table of a review",
    Rule(_sees_review, "This review is not assigned to you."),
    _NO_AUDITOR,
)
START_REVIEW = Permission[Review](
    "start a review", Rule(_reviews, "Only its reviewers can start this review.")
)
REVIEW_ACCESS = Permission[Review](
    "decide in a review",
    Rule(_is_somebody, "Only a person can decide."),
    Rule(_reviews, "Only its reviewers can decide in this review."),
    Rule(lambda _, review: review.accepts_decisions, _LATE),
)
SIGN_OFF_REVIEW = Permission[Review](
    "sign off a review",
    Rule(_is_somebody, "Only a person can sign off."),
    Rule(_reviews, "Only its reviewers can sign off this review."),
    _LAUNCHED,
)
REASSIGN_ITEMS = Permission[Review](
    "hand accounts to another reviewer",
    Rule(_is_somebody, "Only a person can hand accounts on."),
    Rule(_reviews, "Only its reviewers can hand on accounts of this review."),
    Rule(
        lambda actor, review: _conducts(actor, review) or review.lets_reassign,
        "In this campaign accounts are not handed on. Ask whoever runs it.",
    ),
)
CLEAR_ACCESS = Permission[Review](
    "remove rejected access",
    Rule(_clears_access, "Only the remediation owner can do this."),
)
UPLOAD_LIST = Permission[Review](
    "upload a list for a review",
    Rule(_is_somebody, "Only a person can upload a list."),
    Rule(_clears_access, "Only its reviewers and its remediation owner can upload a list here."),
    Rule(lambda _, review: review.state in OPEN_REVIEWS, _CLOSED),
)
SUBMIT_REVIEW = Permission[Review](
    "submit a review",
    Rule(_is_somebody, "Only a person can submit."),
    Rule(_clears_access, "Only its reviewers and its remediation owner can submit this review."),
    _LAUNCHED,
)
SEE_ITEM = Permission[Item]("see an item", Rule(_sees_item, "This item is not assigned to you."))
DECIDE_ITEM = Permission[Item](
    "decide an item",
    Rule(_is_somebody, "Only a person can decide."),
    Rule(_is_theirs_to_decide, "This item is not assigned to you."),
    Rule(
        lambda actor, item: item.person_id is None or item.person_id != actor.person_id,
        "You cannot review your own access.",
    ),
    Rule(
        lambda _, item: item.review.state is ReviewState.IN_REVIEW,
        "This review is not open for decisions.",
    ),
    Rule(lambda _, item: not item.signed_off, _SIGNED),
    Rule(lambda _, item: item.review.accepts_decisions, _LATE),
)
