"""Many rows at once: read as plain tuples, or made in Python and joined as a table."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import cast, func, literal, select
from sqlalchemy.dialects.postgresql import JSONB

from portal.db import db


def as_table(name: str, kinds: Mapping[str, Any], rows: Sequence[Sequence[Any]]) -> Any:
    """A table `name` of these rows; `kinds` are its columns and their types."""
    text = json.dumps(rows, ensure_ascii=False)
    if db.session.get_bind().dialect.name == "sqlite":
        each = func.json_each(literal(text)).table_valued("value")
        cells = [func.json_extract(each.c.value, f"$[{nth}]") for nth in range(len(kinds))]
    else:
        each = func.jsonb_array_elements(cast(literal(text), JSONB)).table_valued("value")
        cells = [cast(each.c.value, JSONB)[nth].astext for nth in range(len(kinds))]
    typed = [
        cast(cell, kind()).label(key)
        for cell, (key, kind) in zip(cells, kinds.items(), strict=True)
    ]
    return select(*typed).cte(name).prefix_with("MATERIALIZED")


def plain_rows(query: Any) -> Iterator[tuple[Any, ...]]:
    """The rows as the driver has them. To make objects of 300,000 takes ten times as long.

    What the query compares with is written into it: numbers and words of ours, nothing typed.
    """
    connection = db.session.connection()
    compiled = query.compile(connection, compile_kwargs={"literal_binds": True})
    cursor: Any = connection.connection.cursor()
    try:
        cursor.execute(str(compiled))
        while rows := cursor.fetchmany(5000):
            yield from rows
    finally:
        cursor.close()
