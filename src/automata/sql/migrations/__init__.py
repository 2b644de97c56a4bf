"""The Alembic script directory of the kernel; `automata.sql.upgrade` runs it, without an ``env.py``."""
