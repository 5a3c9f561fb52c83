"""Whatever reviewers, admins, delegates, due dates and lists do, in any order: it holds.

RANDOM_REVIEWS=2000 tries more of them, each time others.
"""

import os
from datetime import timedelta

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from portal import clock
from tests.cast import find_cast
from tests.keeping import bring_back, keep
from tests.usecases.random_review import RandomReview, arrange

WANTED = int(os.environ.get("RANDOM_REVIEWS", "0"))


def test_in_any_order_nothing_is_lost_decided_twice_or_untold(app, cast, acting):
    arrange(cast, acting)
    begun = keep(app, "random")

    def fresh():
        clock.shift(timedelta())
        bring_back(app, begun)
        vars(cast).update(vars(find_cast()))
        return RandomReview(cast, acting)

    how = settings(
        max_examples=WANTED or 6,
        stateful_step_count=20,
        deadline=None,
        database=None,
        derandomize=not WANTED,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(fresh, settings=how)
