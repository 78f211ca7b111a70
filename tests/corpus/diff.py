"""What a change of the analysis did to the findings on real code, line by line.

    python -m tests.corpus.diff take TREES OUT [--command "unbounded-lint"] [--jobs N]
    python -m tests.corpus.diff compare BEFORE AFTER [--show]

TREES holds one folder for each tree: a folder is a tree when a stamp file of the fetch script lies beside it, or when
it is a direct child of TREES/more. `take` writes one line of JSON for each finding of every rule at any confidence, and
one for each tree that failed. `compare` counts what came, went and changed, by rule and confidence, and `--show` lists
it. Status 1 where anything differs.
"""

from __future__ import annotations

import argparse
import json
import shlex
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

ARGUMENTS = "check --isolated --no-cache --jobs 1 --select UBM --min-confidence low --output-format json ."
LIMIT_SECONDS = 1800

Row = dict[str, Any]


class Key(NamedTuple):
    """What makes two findings the same one: the tree, the rule and what it is about."""

    tree: str
    code: str
    about: str


def trees(top: Path) -> Iterator[Path]:
    """The trees below a directory, in order."""
    stamped = {stamp.parent / stamp.name[1:].rsplit("-", 2)[0] for stamp in top.glob("**/.*.done")}
    more = {path for path in top.glob("more/*") if path.is_dir()}
    yield from sorted(path for path in stamped | more if path.is_dir())


def findings(command: str, top: Path, tree: Path) -> list[Row]:
    """The findings in a tree, or one row that says how the run failed."""
    name = tree.relative_to(top).as_posix()
    started = time.monotonic()
    try:
        done = subprocess.run(
            [*shlex.split(command), *ARGUMENTS.split()],
            cwd=tree,
            capture_output=True,
            text=True,
            check=False,
            timeout=LIMIT_SECONDS,
        )
        rows: list[Row] = json.loads(done.stdout)["findings"]
    except subprocess.TimeoutExpired:
        return [{"tree": name, "code": "failed", "symbol": "", "message": f"more than {LIMIT_SECONDS} s"}]
    except (ValueError, KeyError):
        return [{"tree": name, "code": "failed", "symbol": "", "message": done.stderr[-500:]}]
    print(f"{time.monotonic() - started:7.1f} s {len(rows):6} {name}", file=sys.stderr, flush=True)
    return [{"tree": name, **row} for row in rows]


def take(top: Path, out: Path, command: str, jobs: int) -> None:
    """Write the findings of all trees to a file."""
    found = list(trees(top))
    with ThreadPoolExecutor(jobs) as pool, out.open("w", encoding="utf-8") as file:
        for rows in pool.map(lambda tree: findings(command, top, tree), found):
            file.writelines(json.dumps(row, sort_keys=True) + "\n" for row in rows)
    print(f"{len(found)} trees")


def read(path: Path) -> dict[Key, list[Row]]:
    """The findings of a file by key."""
    found: dict[Key, list[Row]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        about = row["symbol"] or f"{row.get('path')}:{row['message']}"
        found.setdefault(Key(row["tree"], row["code"], about), []).append(row)
    return found


def changes(before: dict[Key, list[Row]], after: dict[Key, list[Row]]) -> Iterator[tuple[str, str, Key, str]]:
    """(what happened, with which rule, to which finding, in words), in order."""
    moved = {(key.tree, key.about): key for key in after if key not in before}
    left = {(key.tree, key.about): key for key in before if key not in after}
    for key in sorted({*before, *after}):
        if key not in before:
            if (key.tree, key.about) not in left:
                yield "came", f"{key.code} {after[key][0].get('confidence')}", key, after[key][0]["message"]
        elif key not in after:
            other = moved.get((key.tree, key.about))
            if other is not None:
                yield "rule", f"{key.code} -> {other.code}", key, after[other][0]["message"]
            else:
                yield "went", f"{key.code} {before[key][0].get('confidence')}", key, before[key][0]["message"]
        else:
            yield from _changed(key, before[key][0], after[key][0])


def _changed(key: Key, old: Row, new: Row) -> Iterator[tuple[str, str, Key, str]]:
    if old.get("confidence") != new.get("confidence"):
        yield "confidence", f"{key.code} {old.get('confidence')} -> {new.get('confidence')}", key, new["message"]
    elif old["message"] != new["message"]:
        yield "message", key.code, key, f"{old['message']} -> {new['message']}"
    elif {k: v for k, v in old.items() if k != "fingerprint"} != {k: v for k, v in new.items() if k != "fingerprint"}:
        yield "detail", key.code, key, new["message"]


def compare(before: Path, after: Path, show: bool) -> int:
    """Print what differs between two files; 1 where anything does."""
    old, new = read(before), read(after)
    found = list(changes(old, new))
    if show:
        for what, how, key, words in found:
            print(f"{what:10} {how:28} {key.tree} {key.about} | {words}")
    print(f"{sum(map(len, old.values()))} findings before, {sum(map(len, new.values()))} after, {len(found)} differ")
    for (what, how), count in sorted(Counter((what, how) for what, how, _, _ in found).items()):
        print(f"{count:6} {what:10} {how}")
    return 1 if found else 0


def main(arguments: Iterable[str] | None = None) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m tests.corpus.diff", description=__doc__.splitlines()[0])
    actions = parser.add_subparsers(dest="action", required=True)
    taking = actions.add_parser("take")
    taking.add_argument("trees", type=Path)
    taking.add_argument("out", type=Path)
    taking.add_argument("--command", default=f"{sys.executable} -m unbounded_lint")
    taking.add_argument("--jobs", type=int, default=2)
    comparing = actions.add_parser("compare")
    comparing.add_argument("before", type=Path)
    comparing.add_argument("after", type=Path)
    comparing.add_argument("--show", action="store_true")
    options = parser.parse_args(None if arguments is None else list(arguments))
    if options.action == "take":
        take(options.trees, options.out, options.command, options.jobs)
        return 0
    return compare(options.before, options.after, options.show)


if __name__ == "__main__":
    sys.exit(main())
