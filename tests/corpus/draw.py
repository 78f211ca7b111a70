"""The drawing of containers to be judged: strata, a cap for each package, a seed, and the weights that follow.

    python -m tests.corpus.draw report TREES FINDINGS [--packages FILE] [--command "unbounded-lint"]
    python -m tests.corpus.draw items TREES FINDINGS OUT [--packages FILE]

TREES holds a folder for each package of `packages.jsonl`, as the fetch script makes it. `report` writes what the linter
says at any confidence, one line of JSON a finding. `items` draws from that and from what the naive scan finds besides,
and writes to OUT `items.jsonl` (what a reader gets, nothing of the linter's opinion), `strata.jsonl` (where each item
came from, and its weight), `frame.json` (sizes) and `batch-NN.jsonl` (items by whole packages).
"""

from __future__ import annotations

import argparse
import ast
import json
import random
import shlex
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.corpus import naive
from unbounded_lint.link.verdicts.support import OF_GROWTH

HERE = Path(__file__).resolve().parent
ARGUMENTS = (
    f"check --isolated --no-cache --jobs 1 --select {','.join(sorted(OF_GROWTH))} --min-confidence low "
    "--output-format json ."
)
LIMIT_SECONDS = 1800
CONFIDENCES = ("low", "medium", "high")
QUOTAS = {"high": 70, "medium": 90, "low": 70, "naive-shared": 30, "naive-attribute": 60}
"""How many are drawn of each kind of package, likelier ones first; what is lacking is drawn from the last two."""

REST = ("naive-shared", "naive-attribute")

SEED = 20261129
CAP = 12
BATCH = 22

Row = dict[str, Any]


@dataclass(frozen=True, order=True)
class Container:
    """A container of the frame; codes and confidence are empty where the linter reports none."""

    package: str
    path: str
    line: int
    name: str
    version: str
    kind: str
    container: str
    stratum: str
    codes: tuple[str, ...] = ()
    confidence: str = ""

    @property
    def group(self) -> tuple[str, str]:
        """The kind of package and the stratum, of which so many are drawn."""
        return self.kind, self.stratum


def rows(path: Path) -> list[Row]:
    """The lines of a file of JSON lines."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def reported(findings: Iterable[Row]) -> dict[tuple[str, str], list[Row]]:
    """The findings about containers in a tree's own files, by path and name."""
    found: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in findings:
        if row["code"] in OF_GROWTH and naive.is_drawn_from(row["path"]):
            found[row["path"], as_written(row["symbol"])].append(row)
    return found


def as_written(symbol: str) -> str:
    """The name in a symbol, `NAME` or `Class.attr`; a private attribute as the source has it."""
    owner, _, attribute = symbol.partition(":")[2].rpartition(".")
    mangled = f"_{owner.rpartition('.')[2].lstrip('_')}__"
    if owner and attribute.startswith(mangled):
        attribute = f"__{attribute.removeprefix(mangled)}"
    return f"{owner}.{attribute}" if owner else attribute


def frame_of(package: Row, tree: Path, findings: Iterable[Row]) -> Iterator[Container]:
    """All containers of a package: those reported, each once by its highest confidence, and the naive scan's others."""
    said = reported(findings)
    about = {"package": package["package"], "version": package["version"], "kind": package["kind"]}
    for (path, name), those in said.items():
        confidence = max((row["confidence"] for row in those), key=CONFIDENCES.index)
        line = min(row["line"] for row in those)
        codes = tuple(sorted({row["code"] for row in those}))
        kind = type_at(tree / path, line)
        yield Container(
            **about,
            path=path,
            line=line,
            name=name,
            container=kind,
            stratum=confidence,
            codes=codes,
            confidence=confidence,
        )
    places = {(path, row["line"]) for (path, _), those in said.items() for row in those}
    for one in naive.scan(tree):
        if (one.path, one.name) not in said and (one.path, one.line) not in places:
            stratum = "naive-attribute" if one.scope == "self" else "naive-shared"
            yield Container(
                **about, path=one.path, line=one.line, name=one.name, container=one.container, stratum=stratum
            )


def type_at(path: Path, line: int) -> str:
    """The type of the container that is set on a line, as a reader would call it."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.lineno == line:
            return _type_of(node.value)
    return "other"


def _type_of(value: ast.expr | None) -> str:
    match value:
        case ast.DictComp() | ast.ListComp() | ast.SetComp():
            return type(value).__name__.removesuffix("Comp").lower()
        case ast.BoolOp(values=values):
            return _type_of(values[-1])
        case ast.IfExp(body=body, orelse=orelse):
            return min(_type_of(body), _type_of(orelse), key=lambda kind: kind == "other")
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return naive.container_of(value) or naive.factory_of(value) or name
    return naive.container_of(value) or "other"


def capped(containers: Iterable[Container], cap: int, rng: random.Random) -> list[Container]:
    """At most so many of one package: by turns one of each stratum, likelier ones first, at random in a stratum."""
    piles: dict[str, list[Container]] = {stratum: [] for stratum in QUOTAS}
    for one in sorted(containers):
        piles[one.stratum].append(one)
    for pile in piles.values():
        rng.shuffle(pile)
    kept: list[Container] = []
    while len(kept) < cap and any(piles.values()):
        for pile in piles.values():
            if pile and len(kept) < cap:
                kept.append(pile.pop())
    return kept


def shares(sizes: Mapping[str, int], quotas: Mapping[str, int]) -> dict[str, int]:
    """How many to draw of each stratum, given how many there are: its quota, or all, and the rest from the last two."""
    wanted = {stratum: min(quota, sizes[stratum]) for stratum, quota in quotas.items()}
    lacking = sum(quotas.values()) - sum(wanted.values())
    while lacking and any(wanted[stratum] < sizes[stratum] for stratum in REST):
        for stratum in REST:
            if lacking and wanted[stratum] < sizes[stratum]:
                wanted[stratum] += 1
                lacking -= 1
    return wanted


def drawn(pool: Iterable[Container], quotas: Mapping[str, int], rng: random.Random) -> list[Container]:
    """So many of each stratum of each kind of package, by package, path and line."""
    groups: dict[str, dict[str, list[Container]]] = defaultdict(lambda: {stratum: [] for stratum in quotas})
    for one in sorted(pool):
        groups[one.kind][one.stratum].append(one)
    chosen: list[Container] = []
    for kind in sorted(groups):
        wanted = shares({stratum: len(those) for stratum, those in groups[kind].items()}, quotas)
        for stratum, those in groups[kind].items():
            chosen += rng.sample(those, wanted[stratum])
    return sorted(chosen)


def weights(frame: list[Container], pool: list[Container], chosen: list[Container]) -> Iterator[Row]:
    """For each chosen container the sizes that its chance came from, and one over that chance."""
    all_here, kept_here = (Counter((one.package, one.stratum) for one in those) for those in (frame, pool))
    all_group, kept_group, drawn_group = (Counter(one.group for one in those) for those in (frame, pool, chosen))
    for one in chosen:
        here = (one.package, one.stratum)
        chance = kept_here[here] / all_here[here] * drawn_group[one.group] / kept_group[one.group]
        yield {
            "kind": one.kind,
            "stratum": one.stratum,
            "codes": list(one.codes),
            "confidence": one.confidence,
            "shown": one.confidence in CONFIDENCES[1:],
            "frame": all_group[one.group],
            "capped": kept_group[one.group],
            "drawn": drawn_group[one.group],
            "frame_in_package": all_here[here],
            "capped_in_package": kept_here[here],
            "weight": round(1 / chance, 4),
        }


def batches(items: Iterable[Row], size: int = BATCH) -> Iterator[list[Row]]:
    """Items in parts of about a size, each package whole in one part."""
    packages: dict[str, list[Row]] = defaultdict(list)
    for item in items:
        packages[item["package"]].append(item)
    batch: list[Row] = []
    for those in packages.values():
        if batch and abs(len(batch) - size) <= abs(len(batch) + len(those) - size):
            yield batch
            batch = []
        batch = [*batch, *those]
    if batch:
        yield batch


def item(number: int, one: Container) -> Row:
    """What a reader gets."""
    fields = asdict(one)
    names = ("package", "version", "kind", "path", "line", "name", "container")
    return {"id": f"N{number:03}", **{name: fields[name] for name in names}}


def sizes(frame: list[Container], pool: list[Container], chosen: list[Container]) -> Row:
    """How many containers and packages the frame, the pool after the cap and the drawing have, by kind and stratum."""
    parts = {"frame": frame, "capped": pool, "drawn": chosen}
    groups = {name: Counter("/".join(one.group) for one in those) for name, those in parts.items()}
    return {
        "seed": SEED,
        "cap": CAP,
        "packages": {name: len({one.package for one in those}) for name, those in parts.items()},
        "groups": {group: {name: groups[name][group] for name in parts} for group in sorted(groups["frame"])},
    }


def draw(trees: Path, findings: Path, packages: Path) -> tuple[list[Container], list[Container], list[Container]]:
    """The frame, the pool after the cap, and the chosen containers. Trees that failed or have no findings are out."""
    by_tree: dict[str, list[Row]] = defaultdict(list)
    for row in rows(findings):
        by_tree[row["tree"]].append(row)
    frame: list[Container] = []
    pool: list[Container] = []
    for package in sorted(rows(packages), key=lambda row: str(row["package"])):
        name = package["package"]
        if any(row["code"] == "failed" for row in by_tree[name]):
            continue
        here = list(frame_of(package, trees / name, by_tree[name]))
        frame += here
        pool += capped(here, CAP, random.Random(f"{SEED} {name}"))
    return frame, pool, drawn(pool, QUOTAS, random.Random(SEED))


def write_items(trees: Path, findings: Path, packages: Path, out: Path) -> None:
    """Draw, and write what was drawn."""
    frame, pool, chosen = draw(trees, findings, packages)
    items = [item(number, one) for number, one in enumerate(chosen, 1)]
    strata = [{"id": row["id"], **weight} for row, weight in zip(items, weights(frame, pool, chosen), strict=True)]
    out.mkdir(parents=True, exist_ok=True)
    _write(out / "items.jsonl", items)
    _write(out / "strata.jsonl", strata)
    for number, batch in enumerate(batches(items), 1):
        _write(out / f"batch-{number:02}.jsonl", batch)
    told = json.dumps(sizes(frame, pool, chosen), indent=1)
    (out / "frame.json").write_text(told + "\n", encoding="utf-8")
    print(told)


def report(trees: Path, findings: Path, packages: Path, command: str) -> None:
    """Write the linter's findings in the tree of each package."""
    with findings.open("w", encoding="utf-8") as file:
        for package in rows(packages):
            found = _findings(command, trees / package["package"])
            file.writelines(json.dumps(row, sort_keys=True) + "\n" for row in found)
            file.flush()


def _findings(command: str, tree: Path) -> list[Row]:
    """The findings in a tree, or one row that says that the run failed."""
    words = [*shlex.split(command), *ARGUMENTS.split()]
    try:
        done = subprocess.run(words, cwd=tree, capture_output=True, text=True, check=False, timeout=LIMIT_SECONDS)
        return [{"tree": tree.name, **row} for row in json.loads(done.stdout)["findings"]]
    except (subprocess.TimeoutExpired, ValueError, KeyError) as error:
        print(f"{tree.name}: {error}", file=sys.stderr)
        return [{"tree": tree.name, "code": "failed"}]


def _write(path: Path, those: Iterable[Row]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in those), encoding="utf-8")


def main(arguments: Iterable[str] | None = None) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m tests.corpus.draw", description=(__doc__ or "").splitlines()[0])
    actions = parser.add_subparsers(dest="action", required=True)
    for name in ("report", "items"):
        action = actions.add_parser(name)
        action.add_argument("trees", type=Path)
        action.add_argument("findings", type=Path)
        action.add_argument("--packages", type=Path, default=HERE / "packages.jsonl")
    actions.choices["report"].add_argument("--command", default=f"{sys.executable} -m unbounded_lint")
    actions.choices["items"].add_argument("out", type=Path)
    options = parser.parse_args(None if arguments is None else list(arguments))
    if options.action == "report":
        report(options.trees, options.findings, options.packages, options.command)
    else:
        write_items(options.trees, options.findings, options.packages, options.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
