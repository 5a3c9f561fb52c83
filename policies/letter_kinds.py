"""Every kind of letter: when it is written, what may stand in it, who may do without it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Group(StrEnum):
    TASKS = "Tasks"
    CAMPAIGNS = "Running campaigns"
    ENTRY = "Coming in"


class Channel(StrEnum):
    """The ways a letter can take."""

    EMAIL = "email"
    SLACK = "slack"
    TEAMS = "teams"

    @property
    def label(self) -> str:
        return {"email": "Email", "slack": "Slack", "teams": "Microsoft Teams"}[self.value]


class Text(NamedTuple):
    """What a letter says. `button` is what {link} is called where it can be pressed."""

    subject: str
    body: str
    button: str = ""


@dataclass(frozen=True)
class LetterKind:
    """`placeholders` are those of its own, besides {name} and {organisation}.

    `has_link`: its text must hold {link}. `waits`: it is not carried at night or on a day off.
    `may_stop`: somebody may want none of it, unless the organisation says otherwise.
    `in_name`: it comes in the name of whoever wrote it; answers go to them.
    """

    group: Group
    label: str
    when: str
    placeholders: tuple[str, ...] = ()
    has_link: bool = True
    waits: bool = True
    may_stop: bool = False
    in_name: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Every placeholder that may stand in it, in the order of the documentation."""
        usual = ("name", "organisation")
        return (*usual, *self.placeholders, *(("link",) if self.has_link else ()))

    @property
    def channels(self) -> tuple[Channel, ...]:
        """Ways it may take at all: what lets somebody in goes by email alone."""
        return (Channel.EMAIL,) if self.group is Group.ENTRY else tuple(Channel)


_T, _C, _E = Group.TASKS, Group.CAMPAIGNS, Group.ENTRY
_REVIEW = ("application", "campaign", "due")

KINDS: Mapping[str, LetterKind] = {
    "invitation": LetterKind(
        *(_T, "Invitation to review", "A review opens, to each of its reviewers."),
        placeholders=(*_REVIEW, "instructions", "no_password"),
    ),
    "invitations": LetterKind(
        *(
            _T,
            "Invitation to several reviews",
            "A campaign opens several reviews of one person; in place of an invitation to each.",
        ),
        placeholders=("campaign", "due", "count", "applications", "instructions", "no_password"),
    ),
    "level-started": LetterKind(
        *(_T, "Level started", "The level before is signed off, to the reviewers of the next."),
        placeholders=(*_REVIEW, "level", "levels", "instructions", "no_password"),
    ),
    "reassigned": LetterKind(
        *(_T, "Reassigned to you", "A review, or part of one, is given to somebody else."),
        placeholders=(*_REVIEW, "what", "giver", "reason", "no_password"),
    ),
    "reminder": LetterKind(
        *(_T, "Reminder", "As the reminder rule says, to whoever still owes something."),
        placeholders=(*_REVIEW, "what"),
        may_stop=True,
    ),
    "final-reminder": LetterKind(
        *(_T, "Final reminder", "On the day before the due date, or on that day itself."),
        placeholders=(*_REVIEW, "what"),
    ),
    "overdue": LetterKind(
        *(_T, "Overdue", "After the due date, as the reminder rule says."),
        placeholders=(*_REVIEW, "what", "still"),
    ),
    "digest": LetterKind(
        *(_T, "Digest", "In place of several letters at once: reminders, or invitations."),
        placeholders=("count", "tasks"),
        may_stop=True,
    ),
    "deadline-ahead": LetterKind(
        *(
            _T,
            "Deadline ahead",
            "48 hours before the due date, and when it moves: what it does.",
        ),
        placeholders=("campaign", "due", "what", "tasks"),
        waits=False,  # 48 hours are 48 hours, over a weekend too
    ),
    "remediation": LetterKind(
        *(_T, "Remediation asked", "A review is signed off with rejected access."),
        placeholders=("application", "campaign", "count"),
    ),
    "still-active": LetterKind(
        *(_T, "Still active after verification", "A fresh list still shows rejected access."),
        placeholders=("application", "campaign", "count"),
    ),
    "escalation": LetterKind(
        *(_C, "Escalation", "Somebody is late or silent, to their manager or whom the rule names."),
        placeholders=(*_REVIEW, "what", "late", "why_you", "done", "still"),
        has_link=False,
    ),
    "escalations": LetterKind(
        *(_C, "Several escalations", "In place of an escalation for each, at once."),
        placeholders=("count", "tasks"),
    ),
    "attention": LetterKind(
        *(_C, "Campaign needs attention", "Something is unassigned, stale, or went wrong."),
        placeholders=("campaign", "what"),
    ),
    "completed": LetterKind(
        *(_C, "Campaign completed", "The last review of a campaign is submitted."),
        placeholders=("campaign", "reports"),
        may_stop=True,
    ),
    "shared": LetterKind(
        *(_C, "Report shared with you", "Somebody shares a report or an evidence pack."),
        placeholders=("campaign", "report", "giver", "message", "ends", "way_in"),
        waits=False,
        in_name=True,
    ),
    "test": LetterKind(
        *(_C, "Test", "An Admin asks for one, to see whether a channel works."),
        placeholders=("channel",),
        waits=False,
    ),
    "sign-in": LetterKind(_E, "Sign-in link", "Somebody asks for one.", waits=False),
    "password": LetterKind(_E, "Choose a password", "A member asks to.", waits=False),
    "sign-in-changed": LetterKind(
        *(_E, "Change to how you sign in", "A password or an authenticator app changes."),
        placeholders=("what",),
        has_link=False,
        waits=False,
    ),
    "member-invitation": LetterKind(
        *(_E, "Invitation of a member", "An Admin invites somebody as member."),
        placeholders=("sender", "role", "role_means", "how", "ends"),
        waits=False,
        in_name=True,
    ),
    "owner-invitation": LetterKind(
        *(_E, "Invitation of an app owner", "App owners may come in."),
        placeholders=("sender", "applications", "how"),
        waits=False,
        in_name=True,
    ),
    "member-ends": LetterKind(
        *(_E, "End of a member’s access", "The last day of a member comes near, to the inviter."),
        placeholders=("member", "role", "ends"),
    ),
}
NOT_LISTED = frozenset({"test"})  # nobody edits it, chooses a way for it, or does without it

# What each placeholder stands for, and an example, as the documentation and the preview show it.
PLACEHOLDERS: Mapping[str, tuple[str, str]] = {
    "name": ("Whom the letter is to", "Max Meyer"),
    "organisation": ("The organisation, as in Settings", "Harrow Lane"),
    "link": ("The personal link, or the page in the portal; becomes the button", ""),
    "application": ("The application that is reviewed", "Salesforce"),
    "campaign": ("The campaign", "Quarterly review, Dec 2026"),
    "due": ("The due date", "Fri 4 Dec 2026"),
    "what": ("What is left to do, or what happened", "12 accounts to decide"),
    "still": (
        "What can be done after the due date, by the campaign’s rule; empty before it",
        "Decisions are still accepted, and marked as late.",
    ),
    "count": ("How many accounts, or tasks", "3 accounts"),
    "tasks": (
        "The tasks, one a line",
        "- Salesforce: 12 accounts to decide, due Fri 4 Dec 2026\n- Figma: not started yet, "
        "due Fri 4 Dec 2026",
    ),
    "instructions": (
        "What the campaign tells its reviewers; may be empty",
        "Approve only what people need for the work they do today.",
    ),
    "no_password": ("“; you need no password”, where the link is personal", ""),
    "level": ("The level that begins", "2"),
    "levels": ("How many levels there are", "2"),
    "giver": ("Who gave it, or shares it", "Alma Ahlgren"),
    "reason": ("Why; may be empty", "Olive Owens is on leave until January."),
    "late": ("Who is late", "Olive Owens"),
    "why_you": ("Why this is written to you", "because Olive Owens reports to you"),
    "done": (
        "What was done about it, or can be",
        "If they need time or help, or somebody else should do it, tell Carl Conrad.",
    ),
    "reports": ("Addresses of the reports, one a line", ""),
    "report": ("What is shared", "The evidence pack"),
    "message": ("What the giver says; may be empty", "For the SOC 2 audit, as discussed."),
    "way_in": ("Whether a sign-in is needed", "Sign in to open it."),
    "channel": ("The channel that is tested", "Email"),
    "sender": ("Who invites", "Alma Ahlgren"),
    "role": ("The role of the member", "Compliance"),
    "role_means": ("What the role lets one do", "Runs campaigns and makes evidence."),
    "how": ("How one comes in", "Follow this link to come in. It works once."),
    "ends": ("When it ends; may be empty", "11 December 2026"),
    "applications": ("The applications, one a line", "- Salesforce\n- Figma"),
    "member": ("The member whose access ends", "Ada Abbot"),
}

# Where the usual example of a placeholder makes no sense in a letter of a kind.
EXAMPLES: Mapping[str, Mapping[str, str]] = {
    "invitations": {"count": "2"},
    "digest": {"count": "2"},
    "escalations": {
        "count": "2",
        "tasks": "- Olive Owens: Salesforce (Quarterly review), due Fri 4 Dec 2026: not started "
        "yet. You may decide as well.\n- Otto Okafor: Figma (Quarterly review), due Fri 4 Dec "
        "2026: 12 accounts to decide. You may decide as well.",
    },
    "deadline-ahead": {
        "what": "12 accounts that nobody decided on are rejected, and are to be removed.",
        "tasks": "- Salesforce: 12 accounts to decide\n- Figma: not started yet",
    },
    "attention": {"what": "the due date has passed; 12 accounts stay undecided"},
    "sign-in-changed": {"what": "your password was changed"},
    "member-invitation": {"ends": "Your access ends at the end of 11 December 2026 (UTC)."},
}
