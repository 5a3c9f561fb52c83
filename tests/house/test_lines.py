"""First law: two words find any line, and what stands there is small and says what it is."""

import ast

import pytest

from tests.house import source

LONGEST_FILE = 300
LONGEST_FUNCTION = 40
NO_NAMES = {"utils", "util", "helpers", "common", "misc", "base", "manager", "core", "shared"}
ROWS_OF = {"items": "reviews"}  # whose rows are drawn on the page of another noun


@pytest.mark.parametrize("path", source.FILES, ids=source.name)
def test_a_module_introduces_itself_and_stays_small(path):
    docstring = ast.get_docstring(source.tree(path))
    assert docstring, "say in a line what lives here"
    assert len(path.read_text().splitlines()) <= LONGEST_FILE


@pytest.mark.parametrize("path", source.FILES, ids=source.name)
def test_functions_stay_small(path):
    long = {
        function.name: function.end_lineno - function.lineno + 1
        for function in source.functions(path)
        if function.end_lineno - function.lineno >= LONGEST_FUNCTION
    }
    assert long == {}


def test_no_module_is_a_drawer_for_whatever_is_left():
    assert [source.name(path) for path in source.FILES if path.stem in NO_NAMES] == []


def test_most_functions_fit_into_one_look():
    lengths = sorted(
        function.end_lineno - function.lineno + 1
        for path in source.FILES
        for function in source.functions(path)
    )
    assert lengths[len(lengths) * 9 // 10] <= 18


@pytest.mark.parametrize("path", source.named("portal/views/"), ids=source.name)
def test_the_templates_of_a_view_stand_in_a_folder_of_its_name(path):
    folders = {
        call.args[0].value.partition("/")[0]
        for called, call in source.calls(source.tree(path))
        if called == "page" and call.args and isinstance(call.args[0], ast.Constant)
        if "/" in call.args[0].value
    }
    assert folders <= {path.stem, ROWS_OF.get(path.stem)}
