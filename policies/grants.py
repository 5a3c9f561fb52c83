"""What is held, in words: the same in pages, decisions and evidence."""

from collections.abc import Collection, Iterable

from policies.errors import Invalid


def grant_text(kind: str, name: str) -> str:
    """A grant as decisions name it: "role: Admin"."""
    return f"{kind}: {name}"


def names_of(grants: Iterable[str]) -> str:
    """Named grants in a line, as people read them: "Admin, Sales Manager"."""
    return ", ".join(each.partition(": ")[2] for each in grants)


def checked_takes(takes: Iterable[str], held: Collection[str]) -> list[str]:
    """What a change takes away, sorted, each once; Invalid where that is nothing, or not held."""
    chosen = sorted(set(takes))
    if not chosen:
        raise Invalid("Choose at least one of the things to take away, or approve the account.")
    if unknown := [each for each in chosen if each not in held]:
        raise Invalid(f"“{names_of(unknown)}” is not held, or goes already. Nothing was changed.")
    return chosen
