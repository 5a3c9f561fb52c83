"""A template's text in place of the tag, with the names of where it stands."""

from jinja2 import DictLoader, Environment

from portal.web.inline import Inline

PAGES = {
    "page.html": '{% for n in rows %}{% inline "row.html" %};{% endfor %}',
    "row.html": '{% set twice = n * 2 %}{% inline "cell.html" %}\n',
    "cell.html": "{{ n }}={{ twice }}",
}


def test_what_is_inlined_may_inline_others_and_knows_their_names():
    environment = Environment(loader=DictLoader(PAGES), extensions=[Inline], autoescape=True)
    assert environment.get_template("page.html").render(rows=[1, 2]) == "1=2;2=4;"
