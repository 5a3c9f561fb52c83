"""The front page of the employee portal: plain sentences about what there is to do."""

from datetime import timedelta

from policies.filters import Filter
from portal import clock
from portal.usecases.decisions import decide_item, decide_view
from portal.usecases.reviews import sign_off
from tests.factories import APPROVED, REJECTED, items_of, launch, salesforce, start
from tests.story import story


@story
def campaign(cast, acting):
    salesforce(cast)
    return launch(acting("alma"), name="Access review Q4", remediation_owner_id=cast.rufus.id)


def tasks(client):
    """Title, text and state of each task."""
    page = client.get("/tasks").text
    return [_task(part) for part in page.split('<li class="task')[1:]]


def _task(part):
    title = part.partition("<a href=")[2].partition(">")[2].partition("<")[0]
    text = part.partition('class="task-text">')[2].partition("<")[0]
    state = part.partition('class="task-state">')[2].partition("</span></span>")[0]
    return title, text, state.rpartition(">")[2]


def test_whoever_has_nothing_to_do_is_told_what_will_be_here(sign_in, campaign):
    page = sign_in("max").get("/tasks").text
    assert "Nothing to do" in page
    assert "you get a letter with a link" in page


def test_tasks_are_for_those_who_signed_in(app):
    answer = app.test_client().get("/tasks")
    assert (answer.status_code, answer.location.partition("?")[0]) == (302, "/sign-in")


def test_a_review_is_announced_with_its_due_date(sign_in, campaign):
    due = f"{campaign.due_at:%a} {campaign.due_at.day} {campaign.due_at:%b %Y}"
    title, text, state = tasks(sign_in("olive"))[0]
    assert title == "Review who has access to Salesforce"
    assert text == f"Due {due} · Access review Q4"
    assert state == "Needs you"


def test_a_task_counts_what_is_left_for_this_person(sign_in, acting, campaign):
    review = start(campaign, acting("olive"))
    decide_item(items_of(review)["max"], APPROVED, version=0, by=acting("olive"))
    _, text, _ = tasks(sign_in("olive"))[0]
    assert text.startswith("6 accounts, 5 to go, due ")  # Olive herself is not hers to decide


def test_a_late_task_says_so(sign_in, acting, campaign):
    start(campaign, acting("olive"))
    clock.shift(timedelta(days=15))
    client = sign_in("olive")
    _, text, state = tasks(client)[0]
    assert "was due" in text
    assert "no more decisions are accepted" in text
    assert state == "Overdue"


def test_a_task_changes_as_the_review_goes_on(sign_in, acting, campaign):
    review, client = start(campaign, acting("olive")), sign_in("olive")
    items = items_of(review)
    decide_item(items["max"], REJECTED, version=0, by=acting("olive"))
    latest = items_of(review)["max"].decision_id
    rest = Filter()
    decide_view(review, rest, APPROVED, seen=latest, by=acting("olive"))
    item = items_of(review)["max"]
    decide_item(item, REJECTED, version=item.version, by=acting("olive"))
    assert tasks(client)[0][0] == "Sign off the review of Salesforce"
    sign_off(review, by=acting("olive"))
    title, text, state = tasks(client)[0]
    assert (title, state) == ("Review who has access to Salesforce", "Waiting")
    assert text.startswith("Your part is done; others still decide")


def test_removing_is_the_remediation_owners_task_and_the_reviewer_waits(sign_in, acting, campaign):
    review = start(campaign, acting("olive"))
    for item in items_of(review).values():
        by = acting("alma" if item.login == "olive" else "olive")
        decide_item(item, REJECTED if item.login == "max" else APPROVED, version=0, by=by)
    sign_off(review, by=acting("olive"))
    sign_off(review, by=acting("alma"))
    assert tasks(sign_in("rufus"))[0] == (
        "Remove 1 account from Salesforce",
        "Then upload a fresh list · Access review Q4",
        "Action required",
    )
    title, text, state = tasks(sign_in("olive"))[0]
    assert (title, state) == ("Wait for 1 removal in Salesforce", "Waiting")
    assert text.startswith("Rufus Rand removes the access you rejected")


def test_a_finished_review_stays_in_reach(sign_in, acting, campaign):
    review, client = start(campaign, acting("olive")), sign_in("olive")
    for item in items_of(review).values():
        by = acting("alma" if item.login == "olive" else "olive")
        decide_item(item, APPROVED, version=0, by=by)
    sign_off(review, by=acting("olive"))
    sign_off(review, by=acting("alma"))
    assert tasks(client)[0][0] == "Submit the review of Salesforce"
    client.post(f"/reviews/{review.id}/submission")
    page = client.get("/tasks").text
    assert "Nothing to do" in page
    assert f'href="/reviews/{review.id}">Salesforce</a>' in page
