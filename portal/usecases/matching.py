"""Finding the person behind an account: by email, then login, then employee number.

One statement for each way, over a whole table. What matches nobody stays unmatched.
"""

from typing import Any

from sqlalchemy import Select, Text, and_, cast, exists, func, or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from portal.db import db
from portal.models import Account, Person, StagedAccount

EMAIL, LOGIN, NUMBER = "email", "login", "employee number"


def match_people(model: type[Account] | type[StagedAccount], where: ColumnElement[bool]) -> None:
    """Fill person_id and matched_by of the rows of `model` that satisfy `where` and have none."""
    open_rows = and_(where, model.person_id.is_(None))
    for matched_by, key, people in _ways(model, open_rows):
        found = people.subquery()
        if not db.session.scalar(select(exists().where(open_rows))):
            return
        db.session.execute(
            update(model)
            .where(open_rows, key == found.c.key)
            .values(person_id=found.c.person_id, matched_by=matched_by)
            .execution_options(synchronize_session=False)
        )


def match_accounts_anew() -> None:
    """After people changed: forget what no longer holds or could be better, and match again."""
    same_email = exists().where(Person.id == Account.person_id, Person.email == Account.email)
    db.session.execute(
        update(Account)
        .where(
            Account.gone_at.is_(None),
            or_(
                Account.matched_by.in_((LOGIN, NUMBER)),
                and_(Account.matched_by == EMAIL, ~same_email),
            ),
        )
        .values(person_id=None, matched_by="")
        .execution_options(synchronize_session=False)
    )
    match_people(Account, Account.gone_at.is_(None))


def _ways(
    model: type[Account] | type[StagedAccount], open_rows: ColumnElement[bool]
) -> list[tuple[str, Any, Select[Any]]]:
    """(matched by, the account's column, people by the value it must equal), best first."""
    number = func.lower(Person.employee_number)
    logins = select(model.login_key).where(open_rows)  # few are left: only their people count
    return [
        (EMAIL, model.email, _by(Person.email)),
        (LOGIN, model.login_key, _by(Person.email)),
        (LOGIN, model.login_key, only_one(_local_part(), _local_part().in_(logins))),
        (LOGIN, model.login_key, only_one(_login_attribute(), _login_attribute().in_(logins))),
        (LOGIN, model.login_key, only_one(number, number.in_(logins))),
        (NUMBER, model.employee_number, _by(Person.employee_number)),
    ]


def _by(column: Any) -> Select[Any]:
    return select(column.label("key"), Person.id.label("person_id")).where(column.is_not(None))


def only_one(key: Any, where: ColumnElement[bool], person_id: Any = Person.id) -> Select[Any]:
    """People by a key that need not be unique: only where it names exactly one.

    Cast, because SQLite joins by a hash only what it knows to be of one type.
    """
    return (
        select(cast(key, Text).label("key"), func.min(person_id).label("person_id"))
        .where(where)
        .group_by(key)
        .having(func.count() == 1)
    )


def _local_part() -> ColumnElement[Any]:
    if db.engine.dialect.name == "postgresql":
        return func.split_part(Person.email, "@", 1)
    return func.substr(Person.email, 1, func.instr(Person.email, "@") - 1)


def _login_attribute() -> ColumnElement[Any]:
    return func.lower(Person.attributes["login"].as_string())
