"""What letters say: a subject and a plain-text body for each kind.

Placeholders in braces are filled from the letter's facts; {link} only when it is carried.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

_SPACE = re.compile(r"\n{3,}")


class Text(NamedTuple):
    subject: str
    body: str


_PERSONAL = """
This link is personal: whoever holds it acts in your name. It works until {until}.
"""
_FOOT = """
{personal}
{organisation}, by Countersign
"""

TEXTS: Mapping[str, Text] = {
    "sign-in": Text(
        "Your sign-in link",
        """Hello {name},

follow this link to sign in to the access review portal of {organisation}. It works once, \
for an hour:

{link}

If you did not ask for it, you need not do anything.
""",
    ),
    "member-invitation": Text(
        "{sender} invites you to the access reviews of {organisation}",
        """Hello {name},

{sender} invites you to the access review portal of {organisation}, as {role}. \
{role_means}

{how}

{link}

{ends}

You may answer this letter: {sender} reads it. If you did not expect it, you need not do \
anything.

{organisation}, by Countersign
""",
    ),
    "owner-invitation": Text(
        "{sender} invites you to look after your applications at {organisation}",
        """Hello {name},

{sender} invites you to the access review portal of {organisation}. You are an owner of:

{applications}

There you see who has an account in them, bring their user lists, keep their documents, and \
say what they are for.

{how}

{link}

You may answer this letter: {sender} reads it. If you did not expect it, you need not do \
anything.

{organisation}, by Countersign
""",
    ),
    "member-ends": Text(
        "The access of {member} ends on {ends}",
        """Hello {name},

you invited {member} as {role}. Their access ends on {ends}, at the end of the day (UTC). \
If they need it for longer, an Admin can set another date:

{link}

{organisation}, by Countersign
""",
    ),
    "password": Text(
        "Choose a password",
        """Hello {name},

follow this link to choose a password for the access review portal of {organisation}. It works \
once, for an hour:

{link}

If you did not ask for it, you need not do anything: your password stays as it is.
""",
    ),
    "sign-in-changed": Text(
        "A change to how you sign in",
        """Hello {name},

this is to tell you that {what} in the access review portal of {organisation}.

If you know of it, you need not do anything. If not, ask for a new password at the sign-in page, \
sign out everywhere else on your own page, and tell an Admin.
""",
    ),
    "invitation": Text(
        "Please review who has access to {application}, by {due}",
        """Hello {name},

{organisation} is reviewing who has access to its applications ({campaign}). You are asked \
to look at every account in {application} and say whether it is still needed.

Start here{no_password}:

{link}

Please finish by {due}. Everything you decide is saved as you go, so you can stop and come back.
{instructions}"""
        + _FOOT,
    ),
    "reminder": Text(
        "Reminder: {application} is due {due}",
        """Hello {name},

in {campaign} you still have {application}: {what}. It is due {due}.

{link}

Everything you decided so far is saved.
"""
        + _FOOT,
    ),
    "final-reminder": Text(
        "Last reminder: {application} is due {due}",
        """Hello {name},

this is the last reminder before {due}. In {campaign} you still have {application}: {what}.

{link}

Everything you decided so far is saved.
"""
        + _FOOT,
    ),
    "overdue": Text(
        "Overdue: {application} was due {due}",
        """Hello {name},

{application} was due {due} in {campaign}, and it is not done: {what}. Please see to it now, or \
tell whoever runs the campaign what keeps you.

{link}
"""
        + _FOOT,
    ),
    "digest": Text(
        "Reminder: {count} access reviews wait for you",
        """Hello {name},

you still have {count} tasks:

{tasks}

They are all here:

{link}

Everything you decided so far is saved.
"""
        + _FOOT,
    ),
    "escalation": Text(
        "{late} is late with the access review of {application}",
        """Hello {name},

you are told because {late} reports to you. The access review of {application} ({campaign}) \
was due {due}, and {late} still has this to do: {what}.

{late} was reminded. Please help them find the time, or tell whoever runs the campaign that \
somebody else should do it.

{organisation}, by Countersign
""",
    ),
    "remediation": Text(
        "Please remove {count} from {application}",
        """Hello {name},

the access review of {application} ({campaign}) rejected {count}. Please remove this access \
in {application}, then upload a fresh user list, so that the removal is verified.

The list to remove, and the place to upload:

{link}
"""
        + _FOOT,
    ),
    "still-active": Text(
        "Action required: {count} still active in {application}",
        """Hello {name},

the latest list of {application} still shows {count} whose access was rejected in \
{campaign}. They stand on top of the list:

{link}
"""
        + _FOOT,
    ),
    "attention": Text(
        "{campaign}: {what}",
        """Hello {name},

{campaign} needs your attention: {what}.

{link}

{organisation}, by Countersign
""",
    ),
    "completed": Text(
        "{campaign} is completed",
        """Hello {name},

every review of {campaign} is completed. The evidence is being prepared; you find it on the \
campaign's page:

{link}

{organisation}, by Countersign
""",
    ),
}


# These come from whoever wrote them: their name is shown, and answers go to them.
IN_SOMEBODYS_NAME = frozenset({"member-invitation", "owner-invitation"})


def written(kind: str, facts: Mapping[str, Any]) -> Text:
    """The letter with everything filled in but the link, which is left as "{link}".

    Facts with "until" make it a letter with a personal link; without, the link is only
    the address of a page, and nothing is said about it.
    """
    known = {key: str(value) for key, value in facts.items()} | {"link": "{link}"}
    is_personal = "until" in known
    known["no_password"] = "; you need no password" if is_personal else ""
    known["personal"] = _PERSONAL.format_map(known) if is_personal else ""
    text = TEXTS[kind]
    return Text(
        " ".join(text.subject.format_map(known).split()),
        _SPACE.sub("\n\n", text.body.format_map(known)),
    )
