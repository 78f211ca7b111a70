import logging
import time

logger = logging.getLogger(__name__)

_visits = {}
_VISITS_TTL_SECONDS = 3600


def visit(user):
    _visits[user] = time.monotonic()


def _sweep_visits():
    """Drop old entries of _visits."""
    now = time.monotonic()
    for key, entry in list(_visits.items()):
        if now - entry > _VISITS_TTL_SECONDS:
            _visits.pop(key, None)


def keep_visits_swept():
    """Run _sweep_visits() once a minute."""
    while True:
        time.sleep(60)
        try:
            _sweep_visits()
        except Exception:
            logger.exception("_sweep_visits() failed")


def is_here(user):
    return user in _visits
