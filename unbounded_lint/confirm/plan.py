"""The private folder of one run: the plan, the observer, its `sitecustomize`, and what the processes tell."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory

import msgspec

from unbounded_lint.confirm.targets import Found

OBSERVER = Path(__file__).parent / "observer"
PACKAGE = "_unbounded_lint_observer"
SEARCHED = "PYTHONPATH"


class Options(msgspec.Struct, frozen=True):
    """How it is observed: seconds between two looks, the part of a processor that they may take, whether it is counted
    which sites insert, whether all memory is traced."""

    interval: float = 0.2
    share: float = 0.005
    call_sites: bool = False
    tracemalloc: bool = False


@contextmanager
def folder(found: Sequence[Found], root: Path, options: Options, origin: float) -> Iterator[Path]:
    """A folder that makes processes observe themselves which have it on their PYTHONPATH; it goes at the end.

    origin is the time, on the monotonic clock, from which the processes count theirs.
    """
    with TemporaryDirectory(prefix="unbounded-lint-", ignore_cleanup_errors=True) as name:
        made = Path(os.path.realpath(name))
        (made / "records").mkdir()
        (made / PACKAGE).mkdir()
        for file in OBSERVER.glob("*.py"):
            copyfile(file, made / PACKAGE / file.name)
        (made / PACKAGE / "hook.py").rename(made / "sitecustomize.py")
        (made / "plan.json").write_bytes(msgspec.json.encode(_plan(found, root, options, origin)))
        yield made


def environment(made: Path, given: Mapping[str, str]) -> dict[str, str]:
    """The environment of the program, such that it observes itself."""
    searched = os.pathsep.join(filter(None, (str(made), given.get(SEARCHED, ""))))
    return {**given, SEARCHED: searched}


def _plan(found: Sequence[Found], root: Path, options: Options, origin: float) -> dict[str, object]:
    real = os.path.realpath(root)
    watched = [(one, one.target) for one in found if one.target is not None]
    return {
        "origin": origin,
        "root": os.path.join(real, ""),
        "interval": options.interval,
        "share": options.share,
        "call_sites": options.call_sites,
        "tracemalloc": options.tracemalloc,
        "targets": [
            {
                "kind": target.kind,
                "module": target.module,
                "file": os.path.realpath(os.path.join(real, target.path)),
                "owner": target.owner,
                "name": target.name,
                "below": target.below,
                "is_key": target.is_key,
            }
            for _, target in watched
        ],
        "sites": [
            {
                "module": site.module,
                "file": os.path.realpath(os.path.join(real, site.place.path)),
                "owner": site.owner,
                "line": site.place.line,
            }
            for one, _ in watched
            for site in one.sites
        ],
    }
