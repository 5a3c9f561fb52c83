"""What people attest: the sentences they read before they sign off or submit."""


def sign_off_statement(application: str, items: int, approved: int, rejected: int) -> str:
    """The statement of a reviewer (wording after PCI DSS 7.2.4: "access remains appropriate")."""
    accounts = "1 account" if items == 1 else f"{items:,} accounts"
    said = [f"I have looked at {accounts} in {application}."]
    if approved:
        what = f"I approved {approved:,}"
        said.append(f"{what}: this access remains appropriate for the job function of its holder.")
    if rejected:
        said.append(f"I rejected {rejected:,}: this access is to be removed.")
    return " ".join(said)


def submit_statement(application: str, items: int, rejected: int) -> str:
    """The statement of whoever submits a review of `items` accounts."""
    if not items:
        return f"No account of {application} was in the scope of this campaign."
    if not rejected:
        return f"Every account of {application} was reviewed, and no access was rejected."
    what = "The 1 account that was" if rejected == 1 else f"The {rejected:,} accounts that were"
    return (
        f"Every account of {application} was reviewed. {what} rejected lost access, "
        "as verified on a list received after the sign-off."
    )
