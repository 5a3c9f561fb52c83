"""The keys of the review table, as its dialog and the documentation say them."""

Keys = tuple[tuple[str, ...], str]

SHORTCUTS: tuple[tuple[str, tuple[Keys, ...]], ...] = (
    (
        "Move",
        (
            (("J", "↓"), "next account"),
            (("K", "↑"), "previous account"),
            (("N",), "next undecided"),
            (("Home", "End"), "first, last on the page"),
            (("D", "Enter"), "open its details"),
        ),
    ),
    (
        "Decide",
        (
            (("A",), "approve"),
            (("R",), "reject"),
            (("U",), "withdraw"),
            (("E",), "keep, but with less"),
            (("C",), "comment"),
            (("Z",), "undo your last step"),
            (("S",), "sign off, once all is decided"),
        ),
    ),
    (
        "Select",
        (
            (("X",), "select, or not"),
            (("Shift ↓", "Shift ↑"), "select a range"),
            (("Esc",), "clear the selection"),
        ),
    ),
    (
        "Look",
        (
            (("F", "/"), "filter"),
            (("?",), "these keys"),
        ),
    ),
)
