"""What one types to move the due date of an active campaign."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask_wtf import FlaskForm
from wtforms import DateField, TextAreaField, TimeField
from wtforms.validators import DataRequired, InputRequired, Length

from portal import clock
from portal.models import Campaign
from portal.usecases.endings import LONGEST_REASON

USUAL = timedelta(days=7)


class ExtensionForm(FlaskForm):
    """A day and a time of day, in the campaign's own time zone."""

    day = DateField("New due date", [InputRequired("Choose a day.")])
    at = TimeField("Time of day", [InputRequired("Choose a time.")])
    reason = TextAreaField(
        "Why?",
        [DataRequired("Say why; the reason is kept in the evidence."), Length(max=LONGEST_REASON)],
        description="Told to whoever still owes something, and printed in the evidence.",
    )

    def __init__(self, campaign: Campaign) -> None:
        self.zone = ZoneInfo(campaign.zone)
        later = max(campaign.due_at, clock.now()).astimezone(self.zone) + USUAL
        usual = campaign.due_at.astimezone(self.zone).time().replace(second=0, microsecond=0)
        super().__init__(data={"day": later.date(), "at": usual})

    def moment(self) -> datetime:
        """The moment typed, in UTC; only after validate(). 23:59 means the last second of it."""
        at = self.at.data or time()
        if (at.hour, at.minute) == (23, 59):
            at = at.replace(second=59)
        return datetime.combine(self.day.data or clock.today(), at, self.zone).astimezone(UTC)
