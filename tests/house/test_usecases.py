"""Third law: only use-cases change anything, each says by whom, and each leaves a line."""

import ast
import importlib
import inspect
from collections import Counter

import pytest

from tests.house import source

MACHINERY = {"portal/usecases/unit.py", "portal/usecases/trail.py", "portal/usecases/__init__.py"}
USECASES = [p for p in source.named("portal/usecases/") if source.name(p) not in MACHINERY]

# What is no fact about anybody's access, and so leaves no line. Reviewed one by one: add to
# it only what nobody will ever ask "who did this?" about.
BOOKKEEPING = {
    "claim_letters": "a worker takes letters for itself",
    "hold_letters": "the worker says that it is still carrying them",
    "release_letters": "the worker lets go of those it could not carry",
    "release_escalations": "when letters go out; what is gathered leaves a line",
    "time_letters_anew": "when letters go out; the changed setting has the line",
    "claim_sync": "a worker takes an upload for itself",
    "hold_claim": "the worker says that it is still at it",
    "_keep": "rows of a list are laid out before anything changes; the end of reading is recorded",
    "_keep_problems": "what is wrong with a list is kept beside it; the refusal is recorded",
    "tidy_staged": "laid-out rows are removed after their list was applied or given up",
    "note_attempt": "why the last attempt to apply a list ended",
    "begin_applying": "how often a list was begun to be applied; giving up is recorded",
    "claim_report": "a worker takes a report for itself",
    "note_progress": "how far a report has been rendered",
    "begin_attempt": "an attempt is counted before it is looked at; failures are recorded",
    "forget_attempts": "the count goes when somebody is in; that they are is recorded",
    "renew_hash": "the same password, kept by today's parameters",
    "spend_step": "a code of an app is not taken twice; what it opened is recorded",
    "hold_form": "what somebody typed waits until they proved who they are",
    "release_form": "it waits no longer",
    "spend_assertion": "an assertion is not taken twice; that somebody came in by it is recorded",
    "forget_assertions": "it could not be shown again any more",
    "tidy_sessions": "sessions that ended long ago go; that they began and ended is recorded",
    "note_seen": "when somebody was last at their session",
    "note_token_used": "when an API token was last shown",
    "want_check": "an Admin asks for a look at a provider; what is found is recorded",
    "note_beat": "the worker says that it is still rendering",
    "end_starting": "all were tried; each start is recorded",
    "begin_work": "how often something was begun; that it is put aside is recorded",
    "note_trouble": "why something could not be done; that it is put aside is recorded",
    "end_work": "it is done, which is recorded, and its earlier failures are forgotten",
    "keep_holdings": "counts kept for speed of what lists left",
    "keep_count": "counts kept for speed of what is recorded elsewhere",
    "note_running": "the worker says how far its job is",
    "note_ended": "when a job last ran, and how that went",
}
# Several use-cases in a row, each a transaction of its own: no step, and no use-case either.
COMPOSED = {"stage_sync", "receive_identity"}
WRITES = {"add", "add_all", "delete", "merge", "flush", "commit", "bulk_save_objects"}
STATEMENTS = {"insert", "update", "delete"}
IRREGULAR = {"written", "sent", "kept", "set", "begun", "left", "taken", "found", "withdrawn",
             "frozen", "read", "shown", "held", "gone", "undone", "again",
             "hidden", "given", "forgotten"}  # fmt: skip


@pytest.mark.parametrize("path", source.FILES, ids=source.name)
def test_only_use_cases_write(path):
    if source.name(path).startswith("portal/usecases/"):
        return
    writes = [
        f"line {call.lineno}: {called}"
        for called, call in source.calls(source.tree(path))
        if _writes(called)
    ]
    assert writes == []


@pytest.mark.parametrize("path", source.FILES, ids=source.name)
def test_no_statement_that_changes_rows_is_even_made_elsewhere(path):
    if source.name(path).startswith("portal/usecases/"):
        return
    made = {f"sqlalchemy.{name}" for name in STATEMENTS} & source.imports(path)
    called = {called for called, _ in source.calls(source.tree(path))}
    made |= called & {f"{module}.{name}" for module in ("sa", "sqlalchemy") for name in STATEMENTS}
    assert made == set()


@pytest.mark.parametrize("path", USECASES, ids=source.name)
def test_every_use_case_names_its_actor(path):
    for function, kind in _kinds(path):
        if kind == "usecase":
            parameters = inspect.signature(function).parameters
            assert parameters["by"].kind is inspect.Parameter.KEYWORD_ONLY, function.__name__


@pytest.mark.parametrize("path", USECASES, ids=source.name)
def test_what_is_no_use_case_is_a_step_that_only_use_cases_take(path):
    """A step runs within somebody's transaction; called from outside it would have none."""
    steps = {
        f"{_module(path)}.{f.__name__}"
        for f, kind in _kinds(path)
        if kind is None and f.__name__ not in COMPOSED
    }
    taken = {
        f"{source.name(other)} takes {step}"
        for other in source.FILES
        if not source.name(other).startswith("portal/usecases/")
        for step in steps & source.imports(other)
    }
    assert taken == set()


def test_a_verb_is_used_once_so_that_searching_it_tells_the_whole_story():
    elsewhere = source.named("policies/", "portal/queries/", "portal/models/", "jobs/")
    verbs = Counter(function.name for path in [*USECASES, *elsewhere]
                    for function in source.public_functions(path))  # fmt: skip
    ours = {function.name for path in USECASES for function in source.public_functions(path)}
    assert {verb: count for verb, count in verbs.items() if verb in ours and count > 1} == {}


def test_what_leaves_no_line_is_on_the_reviewed_list():
    marked = {
        function.name
        for path in USECASES
        for function in source.functions(path)
        if "bookkeeping" in source.decorators(function)
    }
    assert marked == set(BOOKKEEPING)


def test_the_trail_says_what_happened_in_the_past_tense():
    wrong = [
        f"{source.name(path)}: {verb}"
        for path in USECASES
        for called, call in source.calls(source.tree(path))
        if called == "record" and (verb := _constant(call.args[0])) and not _is_past(verb)
    ]
    assert wrong == []


def _module(path):
    return source.name(path).removesuffix(".py").replace("/", ".")


def _kinds(path):
    """The public functions of the file, each with "usecase", "bookkeeping" or None."""
    module = importlib.import_module(_module(path))
    found = (getattr(module, function.name) for function in source.public_functions(path))
    return [(function, getattr(function, "__usecase__", None)) for function in found]


def _writes(called: str) -> bool:
    owner, _, verb = called.rpartition(".")
    return verb in WRITES and owner.endswith(("session", "session()"))


def _constant(verb: ast.expr) -> str:
    """The verb where it stands in the source; parts that are states of a lifecycle are fine."""
    return verb.value if isinstance(verb, ast.Constant) else ""


def _is_past(verb: str) -> bool:
    return any(word.endswith("ed") or word in IRREGULAR for word in verb.split())
