"""What the web process holds from its start on, and what it leaves for who needs it."""

import subprocess
import sys
from pathlib import Path

SELDOM = {"authlib", "onelogin", "PIL", "pydantic", "scim2_models", "weasyprint"}


def test_what_few_need_is_loaded_when_they_come(tmp_path):
    told = "import sys, wsgi; print(*sorted(sys.modules))"
    environ = {"DATA_DIR": str(tmp_path), "ENVIRONMENT": "test", "SECRET_KEY": "test" * 8}
    loaded = subprocess.run(
        [sys.executable, "-c", told],
        env=environ,
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout.split()
    assert "flask" in loaded
    assert SELDOM & set(loaded) == set()
