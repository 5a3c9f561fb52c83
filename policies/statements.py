"""What people attest: the sentences they read before they sign off or submit."""


def sign_off_statement(application: str, items: int, approved: int, rejected: int) -> str:
    """The statement of a reviewer (wording after PCI DSS 7.2.4: "access remains appropriate")."""
    accounts = "1 account" if items == 1 else f"{items:,} accounts"
    return (
        f"I have looked at {accounts} in {application}. The access of the {approved:,} I approved "
        "remains appropriate for the job function of its holder. "
        f"The access of the {rejected:,} I rejected is to be removed."
    )


def submit_statement(application: str, rejected: int) -> str:
    """The statement of whoever submits a review."""
    if not rejected:
        return f"Every account of {application} was reviewed, and no access was rejected."
    accounts = "1 rejected account" if rejected == 1 else f"{rejected:,} rejected accounts"
    return (
        f"Every account of {application} was reviewed. The access of {accounts} was removed, "
        "and its removal verified on a list received after the sign-off."
    )
