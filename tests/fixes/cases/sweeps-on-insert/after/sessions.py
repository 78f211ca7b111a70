from __future__ import annotations

from dataclasses import dataclass, field
from time import monotonic

_BY_TOKEN_TTL_SECONDS = 3600


@dataclass
class Session:
    user: str
    began: float = field(default_factory=monotonic)


class Sessions:
    def __init__(self) -> None:
        self._by_token: dict[str, Session] = {}
        self._by_token_swept_at = 0.0

    def open(self, token: str, user: str) -> None:
        self._by_token[token] = Session(user)
        self._sweep_by_token()

    def _sweep_by_token(self) -> None:
        """Drop old entries, at most once a minute."""
        now = monotonic()
        if now - self._by_token_swept_at < 60:
            return
        self._by_token_swept_at = now
        for key, entry in list(self._by_token.items()):
            if now - entry.began > _BY_TOKEN_TTL_SECONDS:
                self._by_token.pop(key, None)

    def user(self, token: str) -> str | None:
        session = self._by_token.get(token)
        return session.user if session else None


sessions = Sessions()
