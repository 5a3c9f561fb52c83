"""What all doors share: the guard, pages and parts, sign-in, headers, errors, formats."""
