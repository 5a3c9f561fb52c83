"""The campaigns that organisations run most, ready to be started from, and what each serves."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from policies.recurrence import Recurrence, Unit
from policies.timing import Start, Timing
from policies.user_scope import Services, UserScope

FRAMEWORKS = (
    "SOC 2 CC6.1",
    "SOC 2 CC6.2",
    "SOC 2 CC6.3",
    "ISO 27001 A.5.18",
    "ISO 27001 A.8.2",
    "PCI DSS 7.2.4",
    "PCI DSS 7.2.5.1",
    "HIPAA 164.308(a)(4)",
    "SOX ITGC",
)
SANCTIONED = [[["state", "is", "sanctioned"]]]


@dataclass(frozen=True)
class BuiltIn:
    """A template that comes with the portal. `plan` is a Plan as data, without its timing."""

    name: str
    about: str
    frameworks: tuple[str, ...]
    unit: Unit
    days: int
    plan: Mapping[str, Any] = field(default_factory=dict)

    def timing(self, today: date, zone: str) -> Timing:
        """Its rhythm from today on, in the organisation's time zone."""
        rule = Recurrence(self.unit, today, number=1, zone=zone)
        return Timing(Start.AGAIN, zone, self.days, rule=rule)


BUILT_IN: Mapping[str, BuiltIn] = {
    "quarterly": BuiltIn(
        "Quarterly, all sanctioned",
        "Everybody in every sanctioned application, looked at by its owners each quarter.",
        ("SOC 2 CC6.2", "SOC 2 CC6.3", "ISO 27001 A.5.18", "PCI DSS 7.2.4"),
        Unit.QUARTER,
        21,
        {"application_filter": SANCTIONED},
    ),
    "privileged": BuiltIn(
        "Privileged, monthly",
        "Only accounts with privileged roles, each month.",
        ("SOC 2 CC6.3", "ISO 27001 A.8.2", "PCI DSS 7.2.4"),
        Unit.MONTH,
        10,
        {"application_filter": SANCTIONED, "user_scope": UserScope.PRIVILEGED.value},
    ),
    "leavers": BuiltIn(
        "Leavers, weekly",
        "Accounts of people who have left, so that none outlives its week.",
        ("SOC 2 CC6.2", "ISO 27001 A.5.18"),
        Unit.WEEK,
        5,
        {
            "application_filter": [],
            "user_scope": UserScope.FILTER.value,
            "user_filter": [[["is_past", "is", "yes"]]],
            "services": Services.OUT.value,
        },
    ),
    "external": BuiltIn(
        "External people",
        "Contractors, agencies and guests, each quarter: is the contract still running?",
        ("SOC 2 CC6.2", "SOC 2 CC6.3", "ISO 27001 A.5.18", "PCI DSS 7.2.4"),
        Unit.QUARTER,
        14,
        {"application_filter": SANCTIONED, "user_scope": UserScope.EXTERNAL.value},
    ),
}
