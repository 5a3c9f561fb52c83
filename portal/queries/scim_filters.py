"""SCIM filters (RFC 7644, 3.4.2.2) and sort orders as expressions of SQL.

Values are always bound. A comparison that the database would answer with NULL is false, as
RFC 7644 has it for attributes without a value; only `ne` holds for them.
"""

from typing import Any, NoReturn

from scim2_models import InvalidFilterException, InvalidPathException, ScimFilter, SearchRequest
from scim2_models.path import (
    AttrPath,
    Comparison,
    FilterVisitor,
    LogicalExpr,
    LogicalOperator,
    Not,
    Present,
    ValuePath,
)
from sqlalchemy import and_, false, func, not_, or_, true

from policies.provisioning import ENTERPRISE
from portal.queries.scim_attributes import Attribute, Values, folded, sortable

Where = Any  # an expression that is true or false; SQLAlchemy's own types say less
Attributes = dict[str, Attribute | Values]


class Translator(FilterVisitor[Where]):
    """Walks the tree of a filter; attributes are looked up by their name in lower case."""

    def __init__(self, bound: ScimFilter[Any] | None, attributes: Attributes) -> None:
        self.bound, self.attributes = bound, attributes

    def visit_comparison(self, node: Comparison) -> Where:
        found = self._find(node.attr_path, for_comparison=True)
        if found is None:
            return false()
        if isinstance(found, Values):
            return _among(found, found.columns["value"], node)
        if isinstance(found, tuple):
            return _among(found[0], found[1], node)
        return _compared(found, str(node.op), node.value)

    def visit_present(self, node: Present) -> Where:
        found = self._find(node.attr_path)
        if found is None:
            return false()
        if isinstance(found, Values):
            return found.any(true())
        if isinstance(found, tuple):
            return found[0].any(_present(found[1]))
        return _present(found)

    def visit_not(self, node: Not) -> Where:
        return not_(func.coalesce(self.visit(node.expr), false()))

    def visit_logical_expr(self, node: LogicalExpr) -> Where:
        terms = [self.visit(term) for term in node.terms]
        return and_(*terms) if node.op == LogicalOperator.and_ else or_(*terms)

    def visit_value_path(self, node: ValuePath) -> Where:
        found = self._find(node.attr_path)
        if found is None:
            return false()
        if not isinstance(found, Values):
            raise InvalidFilterException(detail=_UNKNOWN.format(node.attr_path))
        return found.any(Translator(None, dict(found.columns)).visit(node.val_filter))

    def _find(
        self, path: AttrPath, *, for_comparison: bool = False
    ) -> Attribute | Values | tuple[Values, Attribute] | None:
        """The attribute, all values of one, or one column of them; None where there is none."""
        if self.bound is not None and self.bound.resolve(path, strict=False) is None:
            return None
        name = path.attr.lower()
        if path.uri and path.uri.lower() == ENTERPRISE.lower():
            name = f"enterprise:{name}"
        whole = self.attributes.get(name)
        if isinstance(whole, Values) and path.sub_attr:
            column = whole.columns.get(path.sub_attr.lower())
            return (whole, column) if column else self._refuse(path)
        sub = f".{path.sub_attr.lower()}" if path.sub_attr else ""
        found = self.attributes.get(name + sub)
        if found is None and for_comparison and not sub:
            found = self.attributes.get(f"{name}.value")
        return found or self._refuse(path)

    def _refuse(self, path: AttrPath) -> NoReturn:
        raise InvalidFilterException(detail=_UNKNOWN.format(path))


def where_of(model: Any, text: str, attributes: Attributes) -> Where:
    """The filter `text` on the resources of `model`; InvalidFilterException where it cannot be."""
    if "\0" in text or "\\u0000" in text:
        raise InvalidFilterException(detail="A filter cannot hold the character NUL.")
    bound = ScimFilter[model](text)
    return Translator(bound, attributes).visit(bound.ast)


def order_of(model: Any, request: SearchRequest[Any], attributes: Attributes) -> list[Any]:
    """What to sort by; whoever has no value comes last, or first when descending."""
    binding = request.sort_binding(model)
    if binding is None:
        return []
    path = binding.urn.rpartition(":")
    name = path[2].lower()
    if binding.urn.startswith(ENTERPRISE):
        name = f"enterprise:{name}"
    found = attributes.get(name) or attributes.get(name.partition(".")[0])
    if isinstance(found, Values):
        found = found.first(name.partition(".")[2])
    if found is None:
        raise InvalidPathException(detail=f"This portal does not sort by {request.sort_by}.")
    value = sortable(found)
    if request.sort_order == SearchRequest.SortOrder.descending:
        return [value.is_not(None), value.desc()]
    return [value.is_(None), value]


def _among(values: Values, column: Attribute, node: Comparison) -> Where:
    """Any value that compares so; `ne` holds where none is equal."""
    op, operand = str(node.op), node.value
    if operand is None:
        some = values.any(_present(column))
        return not_(some) if op == "eq" else some if op == "ne" else false()
    if op == "ne":
        return not_(values.any(_compared(column, "eq", operand)))
    return values.any(_compared(column, op, operand))


def _present(attribute: Attribute) -> Where:
    if attribute.kind == "text":
        return and_(attribute.column.is_not(None), attribute.column != "")
    return attribute.column.is_not(None)


def _compared(attribute: Attribute, op: str, operand: Any) -> Where:
    column = attribute.column
    if operand is None:
        empty = {"eq": column.is_(None), "ne": column.is_not(None)}
        return empty.get(op, false())
    if op in ("co", "sw", "ew"):
        return _matching(attribute, op, operand)
    value = attribute.read(operand)
    if op == "eq":
        return attribute.equal(value)
    if op == "ne":
        return or_(column.is_(None), not_(attribute.equal(value)))
    left, right = sortable(attribute), value
    ordered = {"gt": left > right, "ge": left >= right, "lt": left < right, "le": left <= right}
    return ordered[op]


def _matching(attribute: Attribute, op: str, operand: Any) -> Where:
    if attribute.kind != "text" or not isinstance(operand, str):
        return false()
    value = attribute.read(operand)
    if not value:
        return attribute.column.is_not(None)
    column = folded(attribute)
    size = len(value)
    if op == "sw":
        return func.substr(column, 1, size) == value
    if op == "ew":
        end = func.substr(column, func.length(column) - size + 1) == value
        return and_(func.length(column) >= size, end)
    return func.replace(column, value, "") != column


_UNKNOWN = "This portal does not filter by “{}”."
