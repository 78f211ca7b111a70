"""One gateway for the whole process, however often this package is imported and under whatever name."""

from __future__ import annotations

import sys
from types import ModuleType

from .forks import ProcessLock
from .gateway import Gateway
from .persistence import SqliteRunStore

IN_MEMORY = ":memory:"
"""The database that SQLite keeps in memory, and nothing survives."""

# The interpreter has one table of modules, and this name in it is the same for every copy of this file.
_HOME = "unbounded_lint_reference_shared_gateway"


class _Shared:
    gateway: Gateway | None = None


def shared_gateway(database: str = IN_MEMORY) -> Gateway:
    """Return the process's gateway; the first call makes and starts it.

    Args:
        database: path of the SQLite file, which the first call decides.

    Raises:
        ValueError: `database` names another file than the first call did.
    """
    home = vars(sys.modules.setdefault(_HOME, ModuleType(_HOME, "Holds the shared gateway of the registries.")))
    with home.setdefault("lock", ProcessLock()):
        _Shared.gateway = home.get("gateway")
        if _Shared.gateway is None:
            _Shared.gateway = Gateway(SqliteRunStore(database))
            _Shared.gateway.start()
            home.update(gateway=_Shared.gateway, database=database)
        if database not in (IN_MEMORY, home["database"]):
            raise ValueError(f"database must be {home['database']!r}, which the shared gateway was started with")
        return _Shared.gateway
