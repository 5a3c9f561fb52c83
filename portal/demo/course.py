"""How one review goes, from the list that is brought to the submission, as far as it has come."""

from dataclasses import dataclass
from datetime import date
from enum import IntEnum

from sqlalchemy import select

from policies.filters import Filter
from policies.lifecycle import ReviewState, Verdict
from policies.permissions import Actor
from portal import clock
from portal.db import db
from portal.demo.chance import chance, happens
from portal.demo.days import Deed, in_office_hours, working_day
from portal.demo.judgement import UNDECIDED, judged, sweeps
from portal.demo.office import Office, product
from portal.models import Item, Person, Removal, Review
from portal.queries.items import items_decided_by, latest_decision_in
from portal.usecases.decisions import decide_item, decide_view, undo_bulk
from portal.usecases.freezing import start_review
from portal.usecases.remediation import note_removal
from portal.usecases.reviews import sign_off, submit_review


class Stage(IntEnum):
    """How far a review has come by today."""

    PENDING = 0  # nobody has opened it
    LISTED = 1  # its list is fresh, and it waits for its reviewer
    STARTED = 2  # frozen, nothing decided
    HALF = 3  # the single cases are decided, and one department
    SIGNED_IN_PART = 4  # the owner signed; the owner's own account waits for somebody else
    SIGNED = 5  # what was rejected is to be removed
    NOTED = 6  # the removals are under way
    FORGOTTEN = 7  # removed, but for one that the fresh list still shows
    CLEAR = 8  # all removals proven
    DONE = 9  # submitted


@dataclass(frozen=True)
class Course:
    """A review begins so many working days after the launch and goes up to a stage.

    `forgets`: the first fresh list still shows one of the rejected accounts.
    """

    begins: int = 0
    until: Stage = Stage.DONE
    forgets: bool = False


class Story:
    """One review, told step by step. Each step writes the next one into the diary."""

    def __init__(self, office: Office, review: Review, launched: date, course: Course) -> None:
        self.office = office
        self.review_id = review.id
        self.course = course
        self._launched = launched
        self._name = review.application.name
        if course.until > Stage.PENDING:
            self._on(course.begins, self._begin)

    @property
    def review(self) -> Review:
        return db.session.get_one(Review, self.review_id)

    def _on(self, later: int, step: Deed) -> None:
        day = working_day(self._launched, later)
        self.office.diary.note(in_office_hours(day, self._name, later, self._launched), step)

    def _reaches(self, stage: Stage) -> bool:
        return self.course.until >= stage

    def _main_reviewer(self) -> Person:
        """The primary owner where owners review; else whoever does."""
        owner, reviewers = self.review.application.owner, [r.person for r in self.review.reviewers]
        return owner if owner and owner in reviewers else reviewers[0]

    def _begin(self) -> None:
        """A fresh list is brought; the review is started and decided, in one sitting."""
        by = self.office.visit(self._main_reviewer(), self.review)
        self.office.import_lists(product(self._name), by=by, review=self.review)
        if not self._reaches(Stage.STARTED):
            return
        self.office.diary.pass_time(90)
        start_review(self.review, by=by)
        if self._reaches(Stage.HALF):
            self._decide(by, in_part=not self._reaches(Stage.SIGNED_IN_PART))
        if self._reaches(Stage.SIGNED_IN_PART):
            sign_off(self.review, by=by)
            self._on(self.course.begins + 1, self._second_opinions)

    def _decide(self, by: Actor, *, in_part: bool = False) -> None:
        """The single cases one by one, the others as they stand in view.

        `in_part`: the last single cases, and the last view, are left for another day.
        """
        items = self._open_items(by)
        said = [(item, judgement) for item in items if (judgement := judged(item))]
        single = {item.id for item, _ in said}
        views = sweeps([item for item in items if item.id not in single])
        for item, (verdict, comment) in said[: len(said) * 2 // 3] if in_part else said:
            self.office.diary.pass_time(chance(item.login).randint(12, 75))
            decide_item(item, verdict, comment=comment, version=item.version, by=by)
        if in_part:
            self._change_ones_mind(by)
        for chosen in views[:-1] if in_part else views:
            self.office.diary.pass_time(45)
            self._approve(chosen, by)
        self.office.diary.pass_time(60)

    def _open_items(self, by: Actor) -> list[Item]:
        mine = items_decided_by(by, self.review)
        return list(db.session.scalars(select(Item).where(mine).order_by(Item.label, Item.id)))

    def _approve(self, chosen: Filter, by: Actor) -> str:
        seen = latest_decision_in(Item.review_id == self.review_id)
        return decide_view(self.review, chosen, Verdict.APPROVED, seen=seen, by=by).id

    def _change_ones_mind(self, by: Actor) -> None:
        """Approve all that is left, and think better of it."""
        bulk_id = self._approve(UNDECIDED, by)
        self.office.diary.pass_time(15)
        undo_bulk(self.review, bulk_id, by=by)

    def _second_opinions(self) -> None:
        """Whoever owns the application does not decide on themselves; somebody else does."""
        if not self._reaches(Stage.SIGNED):
            return
        for person in [reviewer.person for reviewer in self.review.reviewers]:
            if self.review.state is ReviewState.IN_REVIEW:
                by = self.office.visit(person, self.review)
                if self._open_items(by):
                    self._decide(by)
                    sign_off(self.review, by=by)
        self._on(self.course.begins + 2, self._note)

    def _note(self) -> None:
        if self.review.state is not ReviewState.REMEDIATION or not self._reaches(Stage.NOTED):
            self._on(self.course.begins + 5, self._submit)
            return
        by = self._remover()
        removals = self._removals()
        for removal in removals[: max(1, len(removals) * 2 // 3)]:
            self.office.diary.pass_time(chance("note", removal.item_id).randint(20, 60))
            ticket = chance("ticket", removal.item_id).randint(20_400, 29_900)
            note_removal(removal, f"Asked for in ticket HD-{ticket}.", by=by)
        self._on(self.course.begins + 3, self._remove)

    def _remove(self) -> None:
        """Remove all but one, it may be, and bring a fresh list as the proof."""
        if not self._reaches(Stage.FORGOTTEN):
            return
        removals = self._removals()
        forgotten = [one for one in removals if one.item.has_access][: self.course.forgets]
        self._take_away([one for one in removals if one not in forgotten])
        self.office.diary.pass_time(1_200)
        self.office.import_lists(product(self._name), by=self._remover(), review=self.review)
        self._on(self.course.begins + 4, self._remove_rest)

    def _remove_rest(self) -> None:
        if not self._reaches(Stage.CLEAR):
            return
        if self.review.state is ReviewState.REMEDIATION:
            self._take_away(self._removals())
            self.office.diary.pass_time(900)
            self.office.import_lists(product(self._name), by=self._remover(), review=self.review)
        self._on(self.course.begins + 5, self._submit)

    def _submit(self) -> None:
        if self._reaches(Stage.DONE):
            by = self.office.visit(self._main_reviewer(), self.review)
            submit_review(self.review, by=by)

    def _remover(self) -> Actor:
        person = self.review.remediation_owner
        assert person is not None  # noqa: S101  every campaign of the demo has one
        return self.office.visit(person, self.review)

    def _removals(self) -> list[Removal]:
        query = select(Removal).where(Removal.review_id == self.review_id)
        return list(db.session.scalars(query.order_by(Removal.item_id)))

    def _take_away(self, removals: list[Removal]) -> None:
        """Block or delete the accounts where they are: at the vendor."""
        now = clock.now()
        for removal in removals:
            item = removal.item
            login = self.office.world.login(self._name, item.instance, item.login)
            if happens(0.3, "blocked", item.login, self.review_id):
                login.blocked_at = login.blocked_at or now
            else:
                login.removed_at = login.removed_at or now
