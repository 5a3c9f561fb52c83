"""What letters that let somebody in say in English; the others: policies.letters_in_english."""

from collections.abc import Mapping

from policies.letter_kinds import Text

ENTRY: Mapping[str, Text] = {
    "sign-in": Text(
        "Your sign-in link",
        """Hello {name},

follow this link to sign in to the access review portal of {organisation}. It works once, \
for an hour:

{link}

If you did not ask for it, you need not do anything.
""",
        "Sign in",
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
""",
        "Come in",
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
""",
        "See your applications",
    ),
    "member-ends": Text(
        "The access of {member} ends on {ends}",
        """Hello {name},

you invited {member} as {role}. Their access ends on {ends}, at the end of the day (UTC). \
If they need it for longer, an Admin can set another date:

{link}
""",
        "Open the portal",
    ),
    "password": Text(
        "Choose a password",
        """Hello {name},

follow this link to choose a password for the access review portal of {organisation}. It works \
once, for an hour:

{link}

If you did not ask for it, you need not do anything: your password stays as it is.
""",
        "Choose a password",
    ),
    "sign-in-changed": Text(
        "A change to how you sign in",
        """Hello {name},

this is to tell you that {what} in the access review portal of {organisation}.

If you know of it, you need not do anything. If not, ask for a new password at the sign-in page, \
sign out everywhere else on your own page, and tell an Admin.
""",
    ),
}
