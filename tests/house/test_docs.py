"""What the documentation draws is what the tables say."""

from scripts.tables import PAGE, page


def test_the_page_of_lifecycles_and_rights_is_made_from_the_tables() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m scripts.tables"
