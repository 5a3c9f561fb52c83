"""Show what differs between the walked matrix and the reviewed one, or write it anew.

    .venv/bin/python -m tests.security.matrix
    .venv/bin/python -m tests.security.matrix --write

Review what `git diff tests/security/matrix.csv` shows then, row by row, before it is committed.
"""

import os
import sys
from pathlib import Path

import pytest

WRITE = "WRITE_MATRIX"


def main() -> int:
    """Walk, by way of the test that holds the matrix."""
    if "--write" in sys.argv:
        os.environ[WRITE] = "1"
    test = Path(__file__).with_name("test_matrix.py")
    return pytest.main([str(test), "-q", "-p", "no:cacheprovider", "--show-capture=no"])


if __name__ == "__main__":
    sys.exit(main())
