from __future__ import annotations

from dataclasses import dataclass, field
from time import monotonic


@dataclass
class Session:
    user: str
    began: float = field(default_factory=monotonic)


class Sessions:
    def __init__(self) -> None:
        self._by_token: dict[str, Session] = {}

    def open(self, token: str, user: str) -> None:
        self._by_token[token] = Session(user)

    def user(self, token: str) -> str | None:
        session = self._by_token.get(token)
        return session.user if session else None


sessions = Sessions()
