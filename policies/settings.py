"""Every setting that members change in the portal: name, meaning, default."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from policies.errors import Invalid

LONGEST_TEXT = 200


@dataclass(frozen=True)
class SettingKind:
    """One setting. The type of `default` is the type of the value: str, int, bool, list of
    str, or dict.

    What is not `listed` has a page of its own. What `guards` a door, by saying who needs what to
    come in, is changed by Admins alone, who have just proved who they are.
    """

    label: str
    meaning: str
    default: Any
    least: int = 0
    most: int = 3650
    listed: bool = True
    guards: bool = False


SETTINGS: Mapping[str, SettingKind] = {
    "organisation": SettingKind(
        "Organisation", "The name on pages, letters and attestations.", "Your organisation"
    ),
    "organisation_logo": SettingKind(
        "Logo of the organisation",
        "Stands beside its name on pages. Kept as the SHA-256 of the picture.",
        "",
        listed=False,
    ),
    "no_access_words": SettingKind(
        "Status words that mean no access",
        "An account with such a status counts as removed. One word a line; case is ignored.",
        [
            "inactive",
            "disabled",
            "suspended",
            "deactivated",
            "deprovisioned",
            "deleted",
            "removed",
            "terminated",
            "locked",
            "revoked",
            "expired",
            "archived",
        ],
    ),
    "access_words": SettingKind(
        "Status words that mean access",
        "Any other status word in a list is refused as unknown, so that nothing is guessed.",
        ["active", "enabled", "ok", "provisioned", "invited", "pending", "staged", "current"],
    ),
    "privileged_words": SettingKind(
        "Words that mean privileged access",
        "An account is privileged when one of its roles contains one of these. Case is ignored.",
        ["admin"],
    ),
    "inactive_days": SettingKind(
        "Days without use before an account counts as inactive",
        "Accounts that were used before, but not in this many days, carry the badge “inactive”.",
        90,
        1,
    ),
    "recent_days": SettingKind(
        "Days within which privileged access is to be used",
        "Privileged accounts that were not used in this many days are recommended to be rejected.",
        30,
        1,
    ),
    "grace_days": SettingKind(
        "Days a new account need not be used",
        "An account older than this that was never used is recommended to be rejected.",
        30,
    ),
    "few_peers_percent": SettingKind(
        "Share of peers below which access stands out, in percent",
        "Of the colleagues with the same department and title, from five up. 0: never.",
        3,
        most=50,
    ),
    "never_assigned": SettingKind(
        "People never assigned as reviewers",
        "Whatever would fall to them goes to their manager. One email address a line.",
        [],
    ),
    "manager_column": SettingKind(
        "Column that names the manager where people data names none",
        "The header of a column in lists of accounts or people that holds an email address, such "
        "as “Manager email”. Empty: there is none.",
        "",
    ),
    "fresh_days_file": SettingKind(
        "Days an uploaded list stays fresh",
        "A review starts only on lists younger than this.",
        7,
        1,
    ),
    "fresh_days_integration": SettingKind(
        "Days an integration's data stays fresh",
        "A review starts only on data synced more recently than this.",
        2,
        1,
    ),
    "reminder_rule": SettingKind(
        "Reminders and escalation",
        "What holds for every campaign that has no rule of its own.",
        {},
        listed=False,
    ),
    "removal_days": SettingKind(
        "Days to remove rejected access",
        "What is still active so many days after the sign-off counts as overdue.",
        7,
        1,
        most=365,
    ),
    "letters_zone": SettingKind(
        "Time zone of the organisation",
        "Such as Europe/Berlin. It holds for everybody without a time zone of their own.",
        "UTC",
    ),
    "letters_from_hour": SettingKind(
        "Hour from which letters are sent",
        "Where each person is; 8 is 08:00. What lets somebody in never waits.",
        8,
        most=20,
    ),
    "letters_to_hour": SettingKind(
        "Hour until which letters are sent", "24 is midnight.", 20, 1, most=24
    ),
    "letters_five_days": SettingKind(
        "Letters from Monday to Friday only",
        "A reminder that would fall on a weekend comes on the Friday before; other letters wait.",
        True,
    ),
    "letters_gathered": SettingKind(
        "Several tasks in one letter",
        "Invitations of one launch, or reminders of one day, come to each person as one letter "
        "that lists them. Everybody may choose otherwise under Your letters.",
        True,
    ),
    "letters_per_minute": SettingKind(
        "Letters a minute at most",
        "0: as fast as the mail server takes them. Microsoft 365 takes 30, Google 180.",
        0,
        most=10_000,
    ),
    "shares_need_sign_in": SettingKind(
        "Shared reports need a sign-in",
        "Whoever a report is shared with signs in before they read it. Off: their link is enough.",
        True,
        guards=True,
    ),
    "member_domains": SettingKind(
        "Domains of members",
        "Whoever is invited has an address in one of these, or is said to be external and gets an "
        "end date. One domain a line; none named: any address will do.",
        [],
        guards=True,
    ),
    "owners_can_access": SettingKind(
        "App owners can access",
        "Every owner of an application may come in and look after their own applications.",
        False,
        listed=False,
    ),
    "sign_in_only_by_sso": SettingKind(
        "Sign in by single sign-on only",
        "Passwords and sign-in links are refused; a link made on the command line still works.",
        False,
        listed=False,
    ),
    "tasks_need_sign_in": SettingKind(
        "Tasks need a sign-in",
        "Where there is single sign-on, a link to tasks opens the door to it, not the task.",
        False,
        guards=True,
    ),
    "second_factor_roles": SettingKind(
        "Roles that need a second factor",
        "Whoever has one of these roles and a password needs an authenticator app as well. "
        "Case is ignored.",
        ["admin"],
        guards=True,
    ),
}


def parsed(key: str, text: str) -> Any:
    """Read what was typed for setting `key`, or raise Invalid with a sentence."""
    kind = SETTINGS[key]
    if isinstance(kind.default, dict):
        raise Invalid(f"{kind.label}: this has a page of its own.")
    if isinstance(kind.default, list):
        words = (" ".join(line.lower().split()) for line in text.splitlines())
        return list(dict.fromkeys(word for word in words if word))
    if isinstance(kind.default, bool):
        return text.strip().lower() in ("yes", "on", "true")
    if isinstance(kind.default, int):
        return _whole(kind, text.strip())
    if not text.strip() and kind.default:
        raise Invalid(f"{kind.label}: this cannot be empty.")
    if len(text) > LONGEST_TEXT:
        raise Invalid(f"{kind.label}: {LONGEST_TEXT} characters at most.")
    return " ".join(text.split())


def _whole(kind: SettingKind, text: str) -> int:
    if text.isascii() and text.isdigit() and kind.least <= int(text[:9]) <= kind.most:
        return int(text[:9])
    span = f"from {kind.least} to {kind.most:,}"
    raise Invalid(f"{kind.label}: write a whole number {span}.")
