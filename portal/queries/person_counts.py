"""How much there is of one person on each of their pages."""

from policies.filters import Filter
from policies.permissions import ADMINISTER, SEE_APPLICATIONS, SEE_CAMPAIGNS, Actor, can
from portal.models import Account, Letter, Person
from portal.queries.accounts import privileged_ids
from portal.queries.application_reviews import reviews_matching, to_review_by
from portal.queries.holdings import holdings_of, owned_by
from portal.queries.letters import letters_matching
from portal.queries.paging import count_of
from portal.queries.past_decisions import decisions_on
from portal.queries.people import reports_of_person

_ALL = Filter()


def counts_for(person: Person, actor: Actor) -> dict[str, int]:
    """What `actor` may see of `person`, counted; what they may not see is not in it."""
    counts = {"reports": count_of(reports_of_person(person, _ALL))}
    if can(SEE_APPLICATIONS, actor, None):
        held = holdings_of(person, _ALL, seen_by=actor)
        counts["access"] = count_of(held)
        counts["privileged"] = count_of(held.where(Account.id.in_(privileged_ids())))
        counts["owned"] = count_of(owned_by(person, _ALL, seen_by=actor))
    if can(SEE_CAMPAIGNS, actor, None):
        counts["decisions"] = count_of(decisions_on(person, _ALL))
        counts["to_review"] = count_of(reviews_matching(_ALL).where(to_review_by(person)))
    if can(ADMINISTER, actor, None):
        counts["letters"] = count_of(letters_matching(_ALL).where(Letter.person_id == person.id))
    return counts
