"""What people attest: the sentences they read before they sign off or submit."""


def sign_off_statement(
    application: str, items: int, approved: int, rejected: int, changed: int = 0
) -> str:
    """The statement of a reviewer (wording after PCI DSS 7.2.4: "access remains appropriate")."""
    accounts = "1 account" if items == 1 else f"{items:,} accounts"
    said = [f"I have looked at {accounts} in {application}."]
    if approved:
        what = f"I approved {approved:,}"
        said.append(f"{what}: this access remains appropriate for the job function of its holder.")
    if changed:
        said.append(
            f"I changed {changed:,}: the part of this access that I named is to be removed."
        )
    if rejected:
        said.append(f"I rejected {rejected:,}: this access is to be removed.")
    return " ".join(said)


def submit_statement(application: str, items: int, rejected: int, changed: int = 0) -> str:
    """The statement of whoever submits a review of `items` accounts."""
    if not items:
        return f"No account of {application} was in the scope of this campaign."
    said = [f"Every account of {application} was reviewed"]
    if not rejected and not changed:
        return f"{said[0]}, and no access was rejected."
    if rejected:
        what = "The 1 account that was" if rejected == 1 else f"The {rejected:,} accounts that were"
        said.append(f"{what} rejected lost access")
    if changed:
        what = "The 1 account that was" if changed == 1 else f"The {changed:,} accounts that were"
        said.append(f"{what} changed lost what was to be taken away")
    return f"{'. '.join(said)}, as verified on a list received after the sign-off."
