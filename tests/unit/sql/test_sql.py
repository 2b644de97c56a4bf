from __future__ import annotations

import subprocess
import sys


def test_the_package_imports_nothing_heavy():
    code = "import automata.sql, sys; print([m for m in ('sqlalchemy', 'alembic', 'psycopg') if m in sys.modules])"

    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert printed.strip() == "[]"
