"""What reviewers looked at again, as evidence: drawn how, of how many, and what came of it."""

from collections.abc import Iterator

from sqlalchemy import Connection, select

from portal.models import Application, Glance, Item, Person, Review, SecondLook
from portal.queries.evidence_rows import Texts, stream
from portal.queries.evidence_text import plain, utc_text


def look_rows(view: Connection, review_ids: list[int]) -> Iterator[Texts]:
    """Each account that was drawn, in the order of the lots: the columns LOOKS."""
    columns = (SecondLook.id, SecondLook.review_id, SecondLook.level, SecondLook.seed)
    drawn = (SecondLook.population, SecondLook.digest, SecondLook.items)
    query = (
        select(*columns, *drawn, Application.name, Person.name, utc_text(SecondLook.drawn_at))
        .join(Review, Review.id == SecondLook.review_id)
        .join(Application, Application.id == Review.application_id)
        .join(Person, Person.id == SecondLook.person_id)
        .where(SecondLook.review_id.in_(review_ids))
        .order_by(SecondLook.id)
    )
    for number, review_id, level, seed, population, digest, items, *place, at in list(
        stream(view, query)
    ):
        came = _came_of(view, number, [item_id for item_id, _ in items])
        facts = (str(number), str(review_id), place[0], str(level), place[1], at)
        for item_id, decision_id in ((i, d) for i, d in items if i in came):
            login, verdict, when = came[item_id]
            drawn_from = (str(population), digest, seed)
            yield (*facts, *drawn_from, str(item_id), login, str(decision_id), verdict, when)


def _came_of(view: Connection, look_id: int, ids: list[int]) -> dict[int, Texts]:
    """By item: its login, what was said of it then, and when. Planted ones are told apart."""
    query = (
        select(Item.id, Item.login, plain(Glance.verdict), utc_text(Glance.at))
        .outerjoin(Glance, (Glance.item_id == Item.id) & (Glance.look_id == look_id))
        .where(Item.id.in_(ids), ~Item.is_planted)
    )
    return {item_id: tuple(rest) for item_id, *rest in view.execute(query)}
