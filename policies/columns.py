"""What the columns of a list can mean, and a proposal from their headers (English, German)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from policies.errors import Invalid

ATTRIBUTE, IGNORE = "attribute", "ignore"
PEOPLE, ACCOUNTS = "people", "accounts"


@dataclass(frozen=True)
class Target:
    """A field that a column can fill. `many` columns may fill it together."""

    key: str
    label: str
    words: str = ""  # headers that mean it, normalised, separated by commas
    many: bool = False


_ANYTHING = (
    Target(ATTRIBUTE, "Keep as an attribute", many=True),
    Target(IGNORE, "Leave out", many=True),
)
_EMAIL = (
    "email,e mail,mail,email address,e mail address,mail address,mail adresse,e mail adresse,"
    "work email,primary email,user email,emailadresse,upn,user principal name,business email"
)
_NUMBER = (
    "employee number,employee id,employeeid,employeenumber,employee no,staff id,staff number,"
    "personnel number,personalnummer,mitarbeiternummer,pers nr,personalnr,worker id,"
    "person number,emp id,empid,workday id"
)
_NAME = (
    "name,full name,fullname,display name,displayname,employee name,user full name,person,"
    "vollständiger name,anzeigename,mitarbeiter,mitarbeitername,cn,gecos,real name,"
    "vorname nachname,vor und nachname,name vorname,first and last name,first name last name"
)
_FIRST = "first name,firstname,given name,givenname,vorname"
_LAST = "last name,lastname,surname,family name,sn,nachname,familienname"

TARGETS: Mapping[str, tuple[Target, ...]] = {
    PEOPLE: (
        Target("email", "Email", _EMAIL),
        Target("name", "Name", _NAME),
        Target("first_name", "First name", _FIRST),
        Target("last_name", "Last name", _LAST),
        Target("employee_number", "Employee number", _NUMBER + ",id,number"),
        Target(
            "department",
            "Department",
            "department,dept,abteilung,team,org unit,organisational unit,ou,cost center name",
        ),
        Target(
            "title",
            "Title",
            "title,job title,jobtitle,position,job,role,stelle,funktion,berufsbezeichnung,titel",
        ),
        Target(
            "manager",
            "Manager (email, number or name)",
            "manager,manager email,manager e mail,manager name,supervisor,supervisor email,"
            "reports to,line manager,vorgesetzter,vorgesetzte,führungskraft,manager id",
        ),
        Target(
            "status",
            "Status",
            "status,employment status,employee status,state,worker status,beschäftigungsstatus,"
            "standing,active,account status,zustand",
        ),
        Target(
            "start_date",
            "Start date",
            "start date,hire date,hired,joined,start,date of hire,eintritt,eintrittsdatum,"
            "startdatum,joining date,employment start",
        ),
        Target(
            "end_date",
            "End date",
            "end date,termination date,terminated on,leave date,last day,end,austritt,"
            "austrittsdatum,enddatum,employment end,exit date",
        ),
        *_ANYTHING,
    ),
    ACCOUNTS: (
        Target(
            "login",
            "Login",
            "login,username,user name,user id,userid,login name,loginname,account,account name,"
            "accountname,uid,samaccountname,rolname,user,benutzername,benutzer,anmeldename,"
            "kennung,benutzerkennung,konto,kontoname,logon name",
        ),
        Target("email", "Email", _EMAIL),
        Target("name", "Name", _NAME),
        Target("first_name", "First name", _FIRST),
        Target("last_name", "Last name", _LAST),
        Target(
            "status",
            "Status",
            "status,state,account status,user status,active,is active,enabled,kontostatus,zustand,"
            "accountstatus",
        ),
        Target(
            "role",
            "Roles",
            "role,roles,user role,user roles,profile,profiles,rolle,rollen,access level,"
            "memberof roles,assigned roles,account role",
            many=True,
        ),
        Target(
            "group",
            "Groups",
            "group,groups,team,teams,member of,memberof,gruppe,gruppen,memberships,group name,"
            "mitgliedschaften",
            many=True,
        ),
        Target(
            "license",
            "Licenses",
            "license,licenses,licence,licences,seat,seat type,plan,lizenz,lizenzen",
            many=True,
        ),
        Target(
            "permission",
            "Permissions",
            "permission,permissions,privilege,privileges,permission set,permission sets,rights,"
            "entitlement,entitlements,berechtigung,berechtigungen,rechte,scopes",
            many=True,
        ),
        Target(
            "last_used",
            "Last used",
            "last used,last login,lastlogin,last login date,last log in,last active,last activity,"
            "last seen,last sign in,last signed in,last access,letzte anmeldung,letzter login,"
            "zuletzt aktiv,last logon,lastlogondate,letzte aktivität",
        ),
        Target(
            "created",
            "Created",
            "created,created at,created on,creation date,date created,created date,erstellt,"
            "erstellt am,angelegt,angelegt am,erstelldatum,member since,whencreated,"
            "createtimestamp",
        ),
        Target(
            "kind",
            "Type (human or service)",
            "type,account type,user type,kind,account kind,kontotyp,typ,benutzertyp,art",
        ),
        Target(
            "owner",
            "Owner of a service account",
            "owner,account owner,owner email,service owner,responsible,besitzer,eigentümer,"
            "verantwortlich,verantwortlicher,owned by",
        ),
        Target("employee_number", "Employee number", _NUMBER),
        *_ANYTHING,
    ),
}

GRANT_KINDS = ("role", "group", "license", "permission")
DATE_FIELDS = frozenset({"last_used", "created", "start_date", "end_date"})
_IDENTITY = {PEOPLE: ("email", "employee_number"), ACCOUNTS: ("login", "email")}
_LOOKUP = {
    noun: {word: target.key for target in targets for word in target.words.split(",") if word}
    for noun, targets in TARGETS.items()
}


def propose(headers: Sequence[str], noun: str) -> dict[str, str]:
    """A field for every header; what is not recognised is kept as an attribute."""
    single = {target.key for target in TARGETS[noun] if not target.many}
    taken: set[str] = set()
    mapping = {}
    for header in headers:
        field = _meaning(header, noun) or ATTRIBUTE
        if field in taken and field in single:
            field = ATTRIBUTE
        taken.add(field)
        mapping[header] = field
    return mapping


def recognised(cells: Sequence[str], noun: str) -> int:
    """How many of these cells are headers that mean something."""
    return sum(_meaning(cell, noun) is not None for cell in cells)


def fits(mapping: Mapping[str, str], headers: Sequence[str]) -> bool:
    """Whether a remembered mapping answers for every column, and none that matters is missing."""
    if not mapping or not set(headers) <= set(mapping):
        return False
    needed = {header for header, field in mapping.items() if field not in {ATTRIBUTE, IGNORE}}
    return needed <= set(headers)


def overruled(proposal: Mapping[str, str], given: Mapping[str, str], noun: str) -> dict[str, str]:
    """The proposal with what a person said instead. A field they gave away is free again."""
    single = {target.key for target in TARGETS[noun] if not target.many}
    taken = single & set(given.values())
    rest = {h: ATTRIBUTE if field in taken else field for h, field in proposal.items()}
    return {**rest, **given}


def check_mapping(mapping: Mapping[str, str], headers: Sequence[str], noun: str) -> None:
    """Raise Invalid, with every reason, where a list cannot be read by this mapping."""
    wrong = [*_unknown(mapping, headers, noun), *_doubled(mapping, noun)]
    identity = _IDENTITY[noun]
    if not set(identity) & set(mapping.values()):
        wrong.append(f"Say which column holds {' or '.join(map(_spoken, identity))}.")
    if wrong:
        raise Invalid(" ".join(wrong))


def label_of(field: str, noun: str) -> str:
    """The field as pages call it."""
    return next((t.label for t in TARGETS[noun] if t.key == field), field)


def normalised(header: str) -> str:
    """Lower case, words apart, without punctuation: "Last_Login (UTC)" is "last login"."""
    plain = re.sub(r"\([^)]*\)", " ", header)
    plain = re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", " ", plain)
    return " ".join(re.sub(r"[^\w]|_", " ", plain).lower().split())


def _meaning(header: str, noun: str) -> str | None:
    """What the header is known to mean; directories run words together: sAMAccountName."""
    words, known = normalised(header), _LOOKUP[noun]
    return known.get(words) or known.get(words.replace(" ", ""))


def _unknown(mapping: Mapping[str, str], headers: Sequence[str], noun: str) -> list[str]:
    known = {target.key for target in TARGETS[noun]}
    missing = [header for header in mapping if header not in headers]
    strange = sorted({field for field in mapping.values() if field not in known})
    return [
        *(f"There is no column “{header}” in this file." for header in missing),
        *(
            f"There is no field “{field}”; fields are {', '.join(sorted(known))}."
            for field in strange
        ),
    ]


def _doubled(mapping: Mapping[str, str], noun: str) -> list[str]:
    fields = list(mapping.values())
    return [
        f"Only one column can be {target.label}; {fields.count(target.key)} are."
        for target in TARGETS[noun]
        if not target.many and fields.count(target.key) > 1
    ]


def _spoken(field: str) -> str:
    return {"email": "the email", "login": "the login"}.get(field, "the employee number")
