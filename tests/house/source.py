"""The source as the tests of the house read it: modules, functions, calls."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
LAYERS = ("policies", "portal", "jobs")
FILES = sorted(path for layer in LAYERS for path in (ROOT / layer).rglob("*.py"))


def name(path: Path) -> str:
    """The path as people write it: portal/usecases/letters.py."""
    return path.relative_to(ROOT).as_posix()


def named(*folders: str) -> list[Path]:
    """The files under `folders`."""
    return [path for path in FILES if name(path).startswith(folders)]


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def functions(path: Path) -> Iterator[ast.FunctionDef]:
    """Every function of the file, methods and inner ones included."""
    return (node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef))


def public_functions(path: Path) -> list[ast.FunctionDef]:
    """What other files may call."""
    top = (node for node in tree(path).body if isinstance(node, ast.FunctionDef))
    return [function for function in top if not function.name.startswith("_")]


def calls(node: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Every call below `node` with the name it calls: "db.session.add", "record"."""
    for each in ast.walk(node):
        if isinstance(each, ast.Call):
            yield ast.unparse(each.func), each


@cache
def imports(path: Path) -> frozenset[str]:
    """Every module the file imports, by its full name; what it imports from one, too."""
    found: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return frozenset(found)


def decorators(function: ast.FunctionDef) -> set[str]:
    return {
        ast.unparse(each.func if isinstance(each, ast.Call) else each)
        for each in function.decorator_list
    }
