"""Writing whole lists: what is checked only at the end is checked nevertheless."""

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError

from portal.db import db
from portal.models import Person
from portal.usecases.unit import bookkeeping, in_bulk

NOBODY = 999_999


@bookkeeping
@in_bulk
def _give_all_a_manager(person_id: int) -> None:
    writing = update(Person).values(manager_id=person_id)
    db.session.execute(writing.execution_options(synchronize_session=False))


def test_a_list_that_gives_people_a_manager_who_is_nobody_is_not_kept(cast):
    with pytest.raises(IntegrityError):
        _give_all_a_manager(NOBODY)
    db.session.rollback()
    assert NOBODY not in set(db.session.scalars(select(Person.manager_id)))


def test_after_a_list_nobody_can_be_given_a_manager_who_is_nobody(cast):
    _give_all_a_manager(cast.alma.id)
    with pytest.raises(IntegrityError):
        db.session.execute(text(f"UPDATE people SET manager_id = {NOBODY}"))
    db.session.rollback()
