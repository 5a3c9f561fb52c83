"""What is asked again within one look is not asked; outside of one, everything is."""

from portal.memo import once, one_look
from portal.queries.settings import setting
from portal.usecases.settings import change_setting


def asked_twice(key) -> int:
    asked = []
    for _ in (1, 2):
        assert once(key, lambda: asked.append(1)) is None
    return len(asked)


def test_only_a_look_remembers_and_only_while_it_lasts():
    assert asked_twice("a") == 2
    with one_look():
        assert asked_twice("a") == 1
        with one_look():
            assert asked_twice("a") == 1
    assert asked_twice("a") == 2


def test_the_next_look_sees_what_was_changed(cast, acting, sign_in):
    client = sign_in("alma")
    assert b"Your organisation" in client.get("/home").data
    change_setting("organisation", "Harrow & Lane", by=acting("alma"))
    assert b"Harrow &amp; Lane" in client.get("/home").data
    assert setting("organisation") == "Harrow & Lane"
