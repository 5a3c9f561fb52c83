"""What letters say in English, as long as nobody edits them: a text for each kind."""

from collections.abc import Mapping

from policies.entry_letters_in_english import ENTRY
from policies.letter_kinds import Text

_SAVED = "Everything you decided so far is saved.\n"

ENGLISH: Mapping[str, Text] = {
    **ENTRY,
    "invitation": Text(
        "Please review who has access to {application}, by {due}",
        """Hello {name},

{organisation} is reviewing who has access to its applications ({campaign}). You are asked \
to look at every account in {application} and say whether it is still needed.

Start here{no_password}:

{link}

Please finish by {due}. Everything you decide is saved as you go, so you can stop and come back.

{instructions}
""",
        "Start the review",
    ),
    "invitations": Text(
        "Please review who has access to {count} applications, by {due}",
        """Hello {name},

{organisation} is reviewing who has access to its applications ({campaign}). You are asked \
to look at every account in these {count} applications and say whether it is still needed:

{applications}

Start here{no_password}; they are all there:

{link}

Please finish by {due}. Everything you decide is saved as you go, so you can stop and come back.

{instructions}
""",
        "See your reviews",
    ),
    "level-started": Text(
        "Your turn: review who has access to {application}, by {due}",
        """Hello {name},

level {level} of {levels} begins in the review of {application} ({campaign}): the level before \
yours is signed off. You are asked to look at what it approved, and to say whether you agree. \
The comments of the level before stand beside each account.

Start here{no_password}:

{link}

Please finish by {due}. Everything you decide is saved as you go, so you can stop and come back.

{instructions}
""",
        "Start the review",
    ),
    "reassigned": Text(
        "{giver} gave you the access review of {application}, due {due}",
        """Hello {name},

{giver} gave you this in the access review of {application} ({campaign}): {what}.

{reason}

Start here{no_password}:

{link}

Please finish by {due}. What was decided before is kept.
""",
        "Start the review",
    ),
    "reminder": Text(
        "Reminder: {application} is due {due}",
        """Hello {name},

in {campaign} you still have {application}: {what}. It is due {due}.

{link}

"""
        + _SAVED,
        "Go on with the review",
    ),
    "final-reminder": Text(
        "Last reminder: {application} is due {due}",
        """Hello {name},

this is the last reminder before {due}. In {campaign} you still have {application}: {what}.

{link}

"""
        + _SAVED,
        "Finish the review",
    ),
    "overdue": Text(
        "Overdue: {application} was due {due}",
        """Hello {name},

{application} was due {due} in {campaign}, and it is not done: {what}.

{still}

{link}

If something keeps you, tell whoever runs the campaign.
""",
        "Open the review",
    ),
    "digest": Text(
        "Reminder: {count} access reviews wait for you",
        """Hello {name},

you still have {count} tasks:

{tasks}

They are all here:

{link}

"""
        + _SAVED,
        "See your tasks",
    ),
    "deadline-ahead": Text(
        "{campaign} ends {due}",
        """Hello {name},

{campaign} ends {due}. This is what happens then, as things stand now:

{what}

{tasks}

{link}
""",
        "See what is left",
    ),
    "escalation": Text(
        "Waiting for {late}: the access review of {application}",
        """Hello {name},

you are told {why_you}. In the access review of {application} ({campaign}), due {due}, \
{late} still has this to do: {what}.

{done}

{still}
""",
    ),
    "escalations": Text(
        "Waiting for others: {count} access reviews",
        """Hello {name},

these {count} access reviews wait for others; you are told as the rules of the campaigns say:

{tasks}

What is yours to decide is here:

{link}
""",
        "See your tasks",
    ),
    "remediation": Text(
        "Please remove {count} from {application}",
        """Hello {name},

the access review of {application} ({campaign}) rejected {count}. Please remove this access \
in {application}, then upload a fresh user list, so that the removal is verified.

The list to remove, and the place to upload:

{link}
""",
        "See what to remove",
    ),
    "still-active": Text(
        "Action required: {count} still active in {application}",
        """Hello {name},

the latest list of {application} still shows {count} whose access was rejected in \
{campaign}. They stand on top of the list:

{link}
""",
        "See what is still active",
    ),
    "attention": Text(
        "{campaign}: {what}",
        """Hello {name},

{campaign} needs your attention: {what}.

{link}
""",
        "Open it",
    ),
    "completed": Text(
        "{campaign} is completed",
        """Hello {name},

every review of {campaign} is completed. The evidence is being made, and ready within minutes:

{reports}

You find it, with everything decided, on the campaign's page:

{link}
""",
        "Open the campaign",
    ),
    "shared": Text(
        "{giver} shares with you: {report} ({campaign})",
        """Hello {name},

{giver} shares this with you: {report} ({campaign}).

{message}

{way_in}

{link}

The link works until {ends}, and {giver} can close it before. Each time it is used is written down.
""",
        "Open it",
    ),
    "test": Text(
        "A test of letters by {channel}",
        """Hello {name},

this letter was sent to see whether letters by {channel} arrive. They do. The button leads to \
the portal:

{link}
""",
        "Open the portal",
    ),
}
