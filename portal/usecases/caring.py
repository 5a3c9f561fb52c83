"""What a campaign asks of whoever decides with care: reasons for many decisions at once."""

from sqlalchemy import ColumnElement, and_, func, or_, select

from policies.care import Comments
from policies.errors import CommentMissing, Invalid
from policies.lifecycle import Verdict
from portal.db import db
from portal.models import Item, Review
from portal.queries.bulks import needing_comment


def refuse_uncommented_in(
    review: Review, which: ColumnElement[bool], verdict: Verdict, comment: str
) -> None:
    """A step: CommentMissing where some of these items need a reason, and none is given.

    What was said of an account before anybody decided stays with it, and is one.
    """
    if comment.strip():
        if review.care.rule_at(review.level).mode is Comments.NONE:
            raise Invalid("This campaign takes no comments. Nothing was changed.")
        return
    unsaid = or_(Item.verdict != Verdict.UNDECIDED, Item.comment == "")
    count = db.session.scalar(
        select(func.count()).where(and_(which, unsaid, needing_comment(review, verdict)))
    )
    if count:
        them = "1 of them needs" if count == 1 else f"{count:,} of them need"
        raise CommentMissing(f"{them} a reason. Write one comment for all; nothing was changed.")
