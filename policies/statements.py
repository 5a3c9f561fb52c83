"""What people attest: the sentences they read before they sign off or submit."""


def sign_off_statement(
    application: str,
    items: int,
    approved: int,
    rejected: int,
    changed: int = 0,
    *,
    by_entitlement: bool = False,
) -> str:
    """The statement of a reviewer (wording after PCI DSS 7.2.4: "access remains appropriate")."""
    noun = "line" if by_entitlement else "account"
    lines = f"1 {noun}" if items == 1 else f"{items:,} {noun}s"
    each = ", each an entitlement of an account" if by_entitlement else ""
    said = [f"I have looked at {lines} in {application}{each}."]
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


def submit_statement(
    application: str, items: int, rejected: int, changed: int = 0, *, by_entitlement: bool = False
) -> str:
    """The statement of whoever submits a review of `items`.

    `rejected` accounts were to lose all access, `changed` only a part of it: `by_entitlement`,
    so many entitlements were rejected.
    """
    if not items:
        return f"No account of {application} was in the scope of this campaign."
    said = [f"Every account of {application} was reviewed"]
    if by_entitlement:
        said = [f"Every entitlement in the scope of this campaign in {application} was reviewed"]
    if not rejected and not changed:
        return f"{said[0]}, and no access was rejected."
    if rejected:
        what = "The 1 account that was" if rejected == 1 else f"The {rejected:,} accounts that were"
        said.append(f"{what} rejected lost access")
    if changed:
        said.append(_reduced(changed, by_entitlement=by_entitlement))
    return f"{'. '.join(said)}, as verified on a list received after the sign-off."


def _reduced(count: int, *, by_entitlement: bool) -> str:
    noun = "entitlement" if by_entitlement else "account"
    what = f"The 1 {noun} that was" if count == 1 else f"The {count:,} {noun}s that were"
    if by_entitlement:
        return f"{what} rejected {'is' if count == 1 else 'are'} not held any more"
    return f"{what} changed lost what was to be taken away"
