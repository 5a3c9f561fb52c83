"""The campaigns: three that are over, one that is late, two under way, and two to come."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import partial

from policies.assignment import Basis, By, Level, Reviewing, reviewed_by
from policies.care import Care
from policies.permissions import SYSTEM
from policies.planting import SUGGESTED, Planting, planted_in
from policies.user_scope import Granularity, UserScope
from portal import clock
from portal.demo.company import COMPLIANCE, DESK, SECURITY
from portal.demo.course import Course, Stage, Story
from portal.demo.days import at, working_day
from portal.demo.office import Office
from portal.usecases.campaigns import Plan, draft_campaign, schedule_campaign
from portal.usecases.launching import launch_campaign

AUDITED = ["field.audit_scope", "is", "Yes"]
RESTRICTED = ["field.data_classification", "is", "Restricted"]
CONFIDENTIAL = ["field.data_classification", "is", "Confidential"]
INTERNAL = ["field.data_classification", "is", "Internal"]
SEVERAL = ["accounts", "more", "30"]
LARGE = ["accounts", "more", "95"]
EXTERNAL = ["person_status", "is", "external"]


@dataclass(frozen=True)
class Campaign:
    """What is written down for a campaign, and how far each of its reviews has come.

    `launched` and `due` are days ago; `title` may hold {quarter} and {year}. Applications
    that `courses` does not name go through in a course of their own, to the end.
    """

    title: str
    launched: int
    due: int
    applications: list[list[list[str]]]
    user_scope: UserScope = UserScope.ALL
    user_filter: list[list[list[str]]] = field(default_factory=list)
    reviewer: str = ""  # a title; empty: the owners
    remover: str = ""
    by_role: bool = False  # each role by whoever owns it
    planted: tuple[str, ...] = ()  # invented accounts among the real ones
    instructions: str = ""
    frameworks: tuple[str, ...] = ("SOC 2 CC6.1–6.3", "ISO 27001 A.5.18")
    courses: Mapping[str, Course] = field(default_factory=dict)


S = Stage
CAMPAIGNS = (
    Campaign(
        "Audited applications, Q{quarter} {year}",
        *(300, 279),
        [[AUDITED, SEVERAL]],
        remover=DESK,
        instructions="Our first review in the portal. Ask the service desk if anything is unclear.",
    ),
    Campaign(
        "Privileged access, Q{quarter} {year}",
        *(200, 186),
        [[AUDITED, RESTRICTED, SEVERAL]],
        UserScope.PRIVILEGED,
        reviewer=SECURITY,
        remover=DESK,
        frameworks=("SOC 2 CC6.3", "ISO 27001 A.8.2"),
    ),
    Campaign(
        "Audited applications, Q{quarter} {year}",
        *(110, 88),
        [[AUDITED]],
        instructions="Please look twice at people who changed their team since spring.",
        planted=SUGGESTED[:4],
        courses={"Salesforce": Course(2, S.DONE, forgets=True)},
    ),
    Campaign(
        "External people in everyday tools",
        *(39, 4),
        [[INTERNAL, LARGE]],
        UserScope.FILTER,
        [[EXTERNAL]],
        instructions="Is the contract still running, and is the tool needed for it?",
        frameworks=("ISO 27001 A.5.19",),
        courses={
            "Confluence": Course(9, S.HALF),
            "Jira": Course(6, S.NOTED),
            "Google Workspace": Course(0, S.PENDING),
            "Expensify": Course(12, S.STARTED),
        },
    ),
    Campaign(
        "Protected data, Q{quarter} {year}",
        *(12, -11),
        [[RESTRICTED], [CONFIDENTIAL]],
        remover=DESK,
        instructions="Everything that holds restricted or confidential data, as promised to Alder "
        "Finch for this year's SOC 2 report.",
        courses={
            "Active Directory": Course(2, S.NOTED),
            "AWS": Course(1, S.DONE),
            "GitHub": Course(3, S.HALF),
            "BambooHR": Course(0, S.DONE),
            "NetSuite": Course(1, S.FORGOTTEN, forgets=True),
            "Payrun": Course(1, S.CLEAR),
            "PostgreSQL production": Course(5, S.STARTED),
            "Snowflake": Course(2, S.HALF),
            "Salesforce": Course(4, S.HALF),
            "Datadog": Course(0, S.PENDING),
            "Altium 365": Course(0, S.PENDING),
            "SolidWorks PDM": Course(4, S.STARTED),
            "Arena": Course(0, S.PENDING),
            "Zendesk": Course(6, S.LISTED),
            "DocuSign": Course(3, S.SIGNED_IN_PART),
        },
    ),
    Campaign(
        "GitHub, role by role",
        *(3, -17),
        [[["name", "is", "GitHub"]]],
        by_role=True,
        instructions="One line for each role somebody holds. Keep what they need for their work "
        "today, not what they needed once.",
        frameworks=("ISO 27001 A.8.2", "PCI DSS 7.2.4"),
        courses={"GitHub": Course(1, S.SIGNED_IN_PART)},
    ),
)


def run_campaigns(office: Office, today: date) -> None:
    """Note the launch of each; the reviews follow from there."""
    for each in CAMPAIGNS:
        day = working_day(today - timedelta(days=each.launched))
        office.diary.note(at(day, 8, 0), partial(_launch, office, each, today))
    eve = working_day(today - timedelta(days=2))
    office.diary.note(at(eve, 16, 0), partial(_plan_ahead, office, today))


def _launch(office: Office, each: Campaign, today: date) -> None:
    by = office.sign_in(COMPLIANCE)
    office.diary.pass_time(240)
    campaign = draft_campaign(_plan(office, each, today), by=by)
    office.diary.pass_time(130)
    schedule_campaign(campaign, by=by)
    office.diary.pass_time(4)
    launch_campaign(campaign, by=SYSTEM)
    for nth, review in enumerate(campaign.reviews):
        course = each.courses.get(review.application.name, Course(nth % 5))
        Story(office, review, clock.today(), course)


def _plan(office: Office, each: Campaign, today: date) -> Plan:
    quarter = (clock.today().month + 2) // 3
    return Plan(
        each.title.format(quarter=quarter, year=clock.today().year),
        at(working_day(today - timedelta(days=each.due)), 17, 0),
        each.applications,
        each.user_scope,
        each.user_filter,
        reviewing=_reviewing(office, each),
        granularity=Granularity.ENTITLEMENT if each.by_role else Granularity.ACCOUNT,
        instructions=each.instructions,
        frameworks=each.frameworks,
    )


def _reviewing(office: Office, each: Campaign) -> Reviewing:
    if each.by_role:
        return Reviewing((Level((Basis(By.ENTITLEMENT_OWNER),)),), (Basis(By.OWNER),))
    said = reviewed_by(
        [office.person(each.reviewer).id] if each.reviewer else [],
        office.person(each.remover).id if each.remover else None,
    )
    return replace(said, care=Care(planting=Planting(planted_in(each.planted))))


def _plan_ahead(office: Office, today: date) -> None:
    """One campaign that will launch by itself, and one that is only thought of."""
    by = office.sign_in(COMPLIANCE)
    launch = working_day(today + timedelta(days=25))
    year = launch.year
    privileged = Plan(
        f"Privileged access, year end {year}",
        at(working_day(launch, 10), 17, 0),
        [[AUDITED]],
        UserScope.PRIVILEGED,
        reviewing=reviewed_by([office.person(SECURITY).id]),
        frameworks=("SOC 2 CC6.3", "ISO 27001 A.8.2"),
    )
    schedule_campaign(draft_campaign(privileged, by=by), starts_at=at(launch, 8, 0), by=by)
    office.diary.pass_time(600)
    finance = Plan(
        "Finance systems, before the year-end close",
        at(working_day(today + timedelta(days=40)), 17, 0),
        [[["field.cost_centre", "contains", "Finance"]]],
    )
    draft_campaign(finance, by=by)
