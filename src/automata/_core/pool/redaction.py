"""Keeps the secrets of an attempt out of what it leaves behind: log lines, errors, tracebacks."""

from __future__ import annotations

from collections.abc import Mapping

from automata.model import Json

SHORTEST = 6
"""Characters a secret must have to be looked for; a shorter one would black out ordinary words."""
MARK = "***"


class Redactor:
    """Replaces secrets in texts; told of them as they are handed out."""

    def __init__(self) -> None:
        self._secrets: list[str] = []

    def learn(self, credential: Mapping[str, str]) -> None:
        """Look for the fields of *credential* from now on; the longest first, since one may contain another."""
        found = {value for value in credential.values() if len(value) >= SHORTEST}
        self._secrets = sorted({*self._secrets, *found}, key=len, reverse=True)

    def text(self, text: str) -> str:
        """*text* without secrets."""
        for secret in self._secrets:
            text = text.replace(secret, MARK)
        return text

    def json(self, value: Json) -> Json:
        """*value* without secrets, in keys and texts."""
        if not self._secrets:
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.text(key): self.json(part) for key, part in value.items()}
        if isinstance(value, list | tuple):
            return [self.json(part) for part in value]
        return value
