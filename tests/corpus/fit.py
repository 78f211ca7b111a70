"""Fit the weights of the evidence to labelled containers, and say how well they carry to packages they never saw.

    python -m tests.corpus.fit take DEST ROWS [--command "unbounded-lint"] [--jobs N]
    python -m tests.corpus.fit judge ROWS... [--labels FILE]... [--leaks FILE]... [--pictures FOLDER] [--write]

`take` runs the linter on each tree below DEST (folders `NAME/` or `ID/leaky/`, as the fetch scripts make them) at the
lowest confidence and keeps its findings with their evidence. `judge` joins them with the labels, cross-validates by
package (no package is judged by weights that saw it), and prints precision and recall with their intervals and the
weights; `--pictures` draws the reliability diagram and the curve; `--write` puts the weights into the catalogue,
from which its confidence comes (`catalog/confidence.toml`).

The model is logistic regression with an L1 penalty that holds each weight to what reason says of it; the penalty is
that with the least log-loss on packages that were not seen. A weight that reason says cannot raise the probability (a
removal that runs) is bounded from above by zero. Leaks from history are all true, so they may shape the weights but not
the base rate: the containers that were drawn at random set it, each with the weight of its stratum.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import re
import shlex
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.model_selection import GroupKFold

from unbounded_lint import catalog as catalog_data
from unbounded_lint.findings.evidence import Evidence
from unbounded_lint.link.verdicts.support import OF_GROWTH, features, weights

PENALTIES = (1.0, 2.0, 3.0, 4.0, 6.0)
EVEN = 0.5
"""A slight pull that makes alike features share what they say."""
RELIANCE = 0.7
"""How much of what reason says counts before any label is seen: with all of it, the probabilities of packages that the
fit never saw were too high (log-loss 0.51 against 0.46, 613 drawn cases, 2026-11-30)."""
FOLDS = 10
SEEDS = (1, 2, 3)
NEVER_RAISE = ("removals: ", "filled: ", "key: constant", "key: names", "key: class", "key: module", "key: enum")
RAISE_NOTHING = ("removals: none",)

PRIOR = {
    "key: request": 0.7, "key: message": 0.7, "key: counter": 1.0, "key: identity": 0.5, "key: time": 0.7,
    "key: url": 0.5, "key: path": 0.3, "key: exception": 0.5, "key: unknown": -0.5, "key: outside": -0.5,
    "key: installed": -1.0,
    "key: configuration": -1.0, "key: environment": -1.0, "key: status": -1.0, "key: code": -1.0,
    "key: function": -1.0, "key: class": -1.5, "key: module": -1.5, "key: enum": -2.0, "key: names": -1.5,
    "key: constant": -1.5,
    "domain: weak unknown": -1.0, "domain: weak open": -0.3, "domain: unknown": -0.4,
    "insert: inner": -0.5, "insert: bulk": -0.5,
    "runs: request": 0.6, "runs: event": 0.5, "runs: loop": 0.7, "runs: timer": 0.3, "runs: override": -0.5,
    "runs: decorated": -0.5, "runs: handed": -0.2, "runs: special": -0.5, "runs: repeated": -0.7,
    "runs: public": -0.4, "runs: tested": -1.5, "runs: once": -1.5, "runs: startup": -1.5, "runs: import": -1.5,
    "runs: command": -1.0,
    "root: receiver": -0.7, "root: parameter": 0.3, "root: none": -0.5,
    "phase: constructor": -1.0,
    "guess: yes": -0.3,
    "value: callables": -1.0, "value: results": 0.5, "value: tasks": 0.3,
    "owner: part of outside": -1.0, "owner: element": -1.0, "owner: part of element": -1.0,
    "shared: some": -0.5,
    "removals: none": 0.7, "removals: event single": -0.7, "removals: event all": -1.0, "removals: event sweep": -1.0,
    "removals: event evict": -1.0, "removals: guaranteed single": -0.5, "removals: insert single": -0.7,
    "removals: dead": -0.5, "removals: test": -0.5,
    "filled: yes": -1.0,
    "names: registry": -1.0, "names: listeners": -1.2, "names: configured": -0.7, "names: memo": 0.3,
    "names: waiting": -0.3, "names: locks": 0.3, "names: peers": 0.1, "names: counted": 0.3, "names: history": 0.2,
    "family: queue": -1.0,
    "reads: handed on": -0.3,
    "key_names: passing": 0.7, "key_names: definitions": -0.6, "key_names: places": -0.2, "key_names: objects": 0.2,
    "key_names: loops": -0.7, "key_names: deployed": 0.1, "key_names: configured": -1.0, "key_names: named": -0.3,
    "function_names: asking": 0.5, "function_names: getting": -0.3, "function_names: setup": -0.8,
    "function_names: adding": -0.2, "function_names: handling": 0.3, "function_names: reading": -0.3,
    "path_names: aside": -0.7, "path_names: commands": -0.5, "path_names: definitions": -0.7,
    "path_names: serving": 0.2,
    "class_names: definitions": -0.6, "class_names: passing": -0.6, "class_names: aside": -0.8,
    "class_names: lasting": 0.2, "class_names: memory": 0.7,
    "given_names: passing": 0.4, "given_names: definitions": -0.4, "given_names: loops": -0.3,
    "given_names: configured": -1.0,
    "value_names: definitions": -0.4, "value_names: configured": -1.5, "value_names: passing": 0.2,
    "guards: a refusal": -0.8,
    "form: registration": -2.0, "form: listeners": -1.0, "form: table": -1.0,
    "also: import": -0.7, "also: startup": -0.5, "also: command": -0.3,
    "left: error": -0.8, "left: unasked": -0.5, "left: emptied": -0.7, "left: condition": -0.5, "left: success": 0.7,
    "exit: return": 0.5, "exit: condition": 0.5, "removers: public": 0.7, "removers: request": -0.5,
    "code: UBM102": -0.7, "code: UBM104": 0.5, "code: UBM103": 0.3, "code: UBM105": 0.5, "code: UBM201": 0.5,
    "together: left behind by each message": 1.5,
    "together: kept for each message": 1.2, "together: set up at import": -0.8,
    "together: kept by a module until asked for": 1.0, "together: taken out by the work that it is for": -0.7,
    "together: sample with few keys": -5.0, "together: sample of listeners": -4.5,
    "together: sample of a list that users fill": -3.5, "together: sample of a queue": -4.5,
    "together: sample of lists inside": -5.5, "together: sample of names that users give": -3.5,
    "together: sample that leaves it to owners": -3.5, "together: sample that sweeps when asked": -3.5,
    "size: sample": 3.8,
}  # fmt: skip
"""What reason says before any label is seen: the weights are drawn towards these (by `RELIANCE`), the more the fewer
cases speak. Of samples no label speaks: their weights are these, as they stand."""

COMPARED_WITH = frozenset({"shared: all"})
"""What the others of its field are compared with: it has no weight of its own, so that `shared: some` is the weaker."""

Row = dict[str, Any]
Vector = NDArray[np.float64]


class Case(NamedTuple):
    """A labelled container that the linter reports at some confidence: its package, whether the label is true, the
    features of its evidence, the weight of its stratum, and whether it was drawn at random."""

    package: str
    name: str
    true: bool
    features: tuple[str, ...]
    weight: float
    drawn: bool


class Fitted(NamedTuple):
    """Weights by feature, and the base."""

    base: float
    weights: Mapping[str, float]

    def probability(self, case: Case) -> float:
        """How probable a case is to be true."""
        return 1 / (1 + math.exp(-self.base - sum(self.weights.get(f, 0.0) for f in case.features)))


def fit(cases: Sequence[Case], penalty: float) -> Fitted:
    """The weights that fit some cases best. Each step away from what reason says costs the same (as in Tibshirani,
    Regression shrinkage and selection via the lasso, 1996), so that most weights stay there, and those which many cases
    contradict go far enough."""
    names = sorted({*PRIOR, *(feature for case in cases for feature in case.features)} - COMPARED_WITH)
    prior = np.array([_reasoned(name) for name in names])
    index = {name: at for at, name in enumerate(names)}
    table = np.zeros((len(cases), len(names)))
    for row, case in enumerate(cases):
        for feature in index.keys() & case.features:
            table[row, index[feature]] = 1.0
    truth = np.array([case.true for case in cases], dtype=float)

    def loss(point: Vector) -> tuple[float, Vector]:
        up, down = np.split(point[1:], 2)
        odds = point[0] + table @ (prior + up - down)
        error = 1 / (1 + np.exp(-odds)) - truth
        cost = penalty * float(np.sum(up + down)) + EVEN / 2 * float(np.sum((up - down) ** 2))
        slope = table.T @ error + EVEN * (up - down)
        value = float(np.sum(np.logaddexp(0, odds) - truth * odds)) + cost
        return value, np.concatenate([[error.sum()], slope + penalty, penalty - slope])

    ups = [(0.0, max(0.0, -at) if _never_raises(name) else None) for name, at in zip(names, prior, strict=True)]
    bounds = [(None, None), *ups, *((0.0, None) for _ in names)]
    found = minimize(loss, np.zeros(2 * len(names) + 1), jac=True, method="L-BFGS-B", bounds=bounds).x
    up, down = np.split(found[1:], 2)
    fitted = zip(names, prior + up - down, strict=True)
    weights = {name: float(value) for name, value in fitted if abs(value) >= 0.005}
    return _based(Fitted(float(found[0]), weights), [case for case in cases if case.drawn])


def _reasoned(feature: str) -> float:
    share = 1.0 if feature == "size: sample" or feature.startswith("together: sample ") else RELIANCE
    return share * PRIOR.get(feature, 0.0)


def _never_raises(feature: str) -> bool:
    return feature.startswith(NEVER_RAISE) and feature not in RAISE_NOTHING


def _based(fitted: Fitted, drawn: Sequence[Case]) -> Fitted:
    """The same weights on the base that makes as many of the drawn cases true as are."""
    total = sum(case.weight for case in drawn)
    share = sum(case.weight * case.true for case in drawn)
    low, high = -15.0, 15.0
    for _ in range(60):
        base = (low + high) / 2
        moved = Fitted(base, fitted.weights)
        if sum(case.weight * moved.probability(case) for case in drawn) < share and total:
            low = base
        else:
            high = base
    return Fitted(base, fitted.weights)


def crossed(cases: Sequence[Case], penalty: float, seed: int) -> Vector:
    """The probability of each case by weights that saw no case of its package."""
    groups = np.array([case.package for case in cases])
    order = np.random.default_rng(seed).permutation(len(cases))
    found = np.zeros(len(cases))
    for seen, unseen in GroupKFold(FOLDS).split(order, groups=groups[order]):
        model = fit([cases[order[at]] for at in seen], penalty)
        for at in unseen:
            found[order[at]] = model.probability(cases[order[at]])
    return found


# --- labels ---


def read(path: Path) -> list[Row]:
    """The rows of a file of JSON lines."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def truth_of(label: Row) -> bool | None:
    """Whether a labelled container grows without end; None where that is arguable."""
    if label.get("arguable"):
        return None
    judged = {"TRUE": True, "FALSE": False, "leak": True, "event-only": True, "ok": False}
    return judged.get(label.get("judgement") or label.get("verdict") or "")


def matches(row: Row, path: str, name: str) -> bool:
    """Whether a finding is about a labelled container: the same file, and the same last part of the name."""
    return row["path"].endswith(path) and _last(row["symbol"]) == _last(name)


def _last(name: str) -> str:
    owner, _, last = name.rpartition(":")[2].rpartition(".")
    mangling = f"_{owner.rpartition('.')[2].lstrip('_')}__"
    return last.removeprefix(mangling).strip("_")


def features_of(row: Row) -> tuple[str, ...]:
    """The features of the evidence that came with a finding."""
    return features(msgspec.convert(row["evidence"], Evidence), row["code"])


class Labelled(NamedTuple):
    """What a set of labels says: the cases that the linter reports at some confidence, and how much that is true (in
    stratum weights) it does not report at all."""

    cases: list[Case]
    unreported: float


def labelled(rows: Sequence[Row], labels: Sequence[Row]) -> Labelled:
    """The drawn containers, joined with the findings of their trees."""
    by_tree: dict[str, list[Row]] = {}
    for row in rows:
        by_tree.setdefault(Path(row["tree"]).name, []).append(row)
    cases, unreported = [], 0.0
    for label in labels:
        true = truth_of(label)
        if true is None or label["package"] not in by_tree:
            continue
        weight = float(label.get("weight", 1.0))
        found = [
            r for r in by_tree[label["package"]] if r["code"] in OF_GROWTH and matches(r, label["path"], label["name"])
        ]
        if found:
            cases.append(Case(label["package"], label["name"], true, features_of(found[0]), weight, True))
        else:
            unreported += weight * true
    return Labelled(cases, unreported)


def historical(rows: Sequence[Row], leaks: Sequence[Row]) -> Iterable[tuple[Row, Case | None]]:
    """The leaks of history that are certain, each with its case if the linter reports it at some confidence."""
    by_leak: dict[str, list[Row]] = {}
    for row in rows:
        tree = Path(row["tree"])
        if tree.name == "leaky":
            by_leak.setdefault(tree.parent.name, []).append(row)
    for leak in leaks:
        if leak.get("arguable"):
            continue
        found = [r for r in by_leak.get(leak["id"], []) if r["code"] in OF_GROWTH]
        found = [r for r in found if matches(r, leak["path_in_dist"], leak["name"])]
        case = Case(leak["package"], leak["name"], True, features_of(found[0]), 1.0, False) if found else None
        yield leak, case


# --- figures ---


def wilson(hits: float, total: float) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson)."""
    if not total:
        return 0.0, 1.0
    z, share = 1.96, hits / total
    middle = share + z * z / (2 * total)
    spread = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    return (middle - spread) / (1 + z * z / total), (middle + spread) / (1 + z * z / total)


def threshold(probabilities: Vector, cases: Sequence[Case], precision: float) -> float:
    """The least probability from which on the cases are true this often, as far down as that holds."""
    order = np.argsort(-probabilities, kind="stable")
    best, hits, shown = 1.0, 0.0, 0.0
    for at in order:
        hits += cases[at].weight * cases[at].true
        shown += cases[at].weight
        if hits / shown >= precision:
            best = float(probabilities[at])
    return best


def tell(title: str, cases: Sequence[Case], probabilities: Vector, least: float, unreported: float = 0.0) -> None:
    """Print precision and recall of what is at least so probable, in counts and weighted."""
    shown = [case for case, p in zip(cases, probabilities, strict=True) if p >= least]
    true = sum(case.true for case in shown)
    low, high = wilson(true, len(shown))
    weighted = sum(c.weight * c.true for c in shown) / (sum(c.weight for c in shown) or 1.0)
    all_true = sum(c.weight * c.true for c in cases) + unreported
    recall = sum(c.weight * c.true for c in shown) / (all_true or 1.0)
    reported = sum(c.true for c in cases)
    print(
        f"{title:24} shown {len(shown):4}  true {true:4}  precision {true / (len(shown) or 1):.2f} "
        f"[{low:.2f}, {high:.2f}] (weighted {weighted:.2f})  recall {true}/{reported} of those reported "
        f"(weighted {recall:.2f} of all)"
    )


def _mean(cases: Sequence[Case], penalty: float) -> Vector:
    """The cross-validated probabilities, the mean of several ways of cutting the packages into folds."""
    return np.mean([crossed(cases, penalty, seed) for seed in SEEDS], axis=0)


def _surprises(cases: Sequence[Case], probabilities: Vector) -> Vector:
    """The log-loss of each case."""
    sure = np.clip(probabilities, 1e-6, 1 - 1e-6)
    return np.array([-math.log(p if case.true else 1 - p) for case, p in zip(cases, sure, strict=True)])


def judge(
    rows: Sequence[Row], labels: Sequence[Row], leaks: Sequence[Row], *, pictures: Path | None, write: bool
) -> None:
    """Fit, cross-validate, tell, draw the pictures and write the weights if asked to."""
    drawn = labelled(rows, labels)
    past = list(historical(rows, leaks))
    cases = [*drawn.cases, *(case for _, case in past if case is not None)]
    random = [at for at, case in enumerate(cases) if case.drawn]
    few = [cases[at] for at in random]
    scores = {penalty: _mean(cases, penalty) for penalty in PENALTIES}
    penalty = min(PENALTIES, key=lambda each: float(_surprises(few, scores[each][random]).mean()))
    probabilities = scores[penalty]
    sure = probabilities[random]
    medium, high = threshold(sure, few, 0.90), threshold(sure, few, 0.95)
    print(f"{len(cases)} cases ({sum(c.true for c in cases)} true) of {len({c.package for c in cases})} packages")
    loss = _surprises(few, sure).mean()
    print(f"penalty {penalty}; log-loss {loss:.3f}; medium from {medium:.2f}, high from {high:.2f}")
    shipped = weights()
    for least in sorted({0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 0.9, medium, high, shipped.medium, shipped.high}):
        tell(f"drawn, from {least:.2f}", few, sure, least, drawn.unreported)
    for scope in ("module", "class", "singleton", "instance"):
        asked = [(leak, case) for leak, case in past if leak["scope"] == scope]
        found = [probabilities[cases.index(case)] for _, case in asked if case is not None]
        print(
            f"leaks, {scope:10} {len(asked):3}  reported {len(found):3}  at medium {sum(p >= medium for p in found):3}"
        )
    fitted = fit(cases, penalty)
    for feature, weight in sorted(fitted.weights.items(), key=lambda each: -each[1]):
        print(f"{weight:6.2f}  {sum(feature in c.features for c in cases):4}  {feature}")
    if pictures is not None:
        draw(few, sure, pictures)
    if write:
        path = Path(catalog_data.__file__).with_name("confidence.toml")
        path.write_text(rewritten(path.read_text(encoding="utf-8"), fitted), encoding="utf-8")
        print(f"{path} is written; `python -m unbounded_lint.catalog` makes the compact form anew")


def rewritten(text: str, fitted: Fitted) -> str:
    """The catalogue's page about confidence with the base and the weights of a fit, by field, the heaviest first."""
    head, marker, _ = text.partition("[confidence.weights]\n")
    head = re.sub(r"(?m)^base = .*$", f"base = {fitted.base:.2f}", head)
    order = {name: at for at, name in enumerate(dict.fromkeys(name.partition(":")[0] for name in fitted.weights))}
    items = sorted(fitted.weights.items(), key=lambda each: (order[each[0].partition(":")[0]], -each[1], each[0]))
    return head + marker + "".join(f"{json.dumps(name)} = {weight:.2f}\n" for name, weight in items)


def draw(cases: Sequence[Case], probabilities: Vector, folder: Path) -> None:
    """The reliability diagram and the curve of precision over recall, as SVG."""
    from matplotlib import pyplot
    from sklearn.metrics import precision_recall_curve

    truth = np.array([case.true for case in cases])
    weights = np.array([case.weight for case in cases])
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(10, 4.5))
    edges = np.linspace(0, 1, 11)
    for low, up in itertools.pairwise(edges):
        inside = (probabilities >= low) & (probabilities < up + (up == 1.0))
        if inside.any():
            share = np.average(truth[inside], weights=weights[inside])
            left.plot(probabilities[inside].mean(), share, "o", color="C0")
            left.annotate(f"{truth[inside].sum()}/{inside.sum()}", (probabilities[inside].mean(), share), fontsize=8)
    left.plot([0, 1], [0, 1], "--", color="grey")
    left.set(xlabel="predicted", ylabel="true", title="Reliability (true / all in the bin)", xlim=(0, 1), ylim=(0, 1))
    precision, recall, _ = precision_recall_curve(truth, probabilities, sample_weight=weights)
    right.step(recall, precision, where="post")
    right.set(xlabel="recall", ylabel="precision", title="Cross-validated by package", xlim=(0, 1), ylim=(0, 1.02))
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(folder / "confidence.svg")


# --- command ---


def take(dest: Path, out: Path, command: str, jobs: int) -> None:
    """Run the linter on each tree and keep its findings."""
    folders = sorted(path for path in dest.iterdir() if path.is_dir() and not path.name.startswith("."))
    trees = [folder / "leaky" if (folder / "leaky").is_dir() else folder for folder in folders]
    with ThreadPoolExecutor(jobs) as pool, out.open("w", encoding="utf-8") as file:
        for tree, found in zip(trees, pool.map(lambda tree: _findings(command, tree), trees), strict=True):
            for row in found:
                file.write(json.dumps({"tree": str(tree.relative_to(dest)), **row}) + "\n")


def _findings(command: str, tree: Path) -> list[Row]:
    arguments = "check --isolated --no-cache --jobs 1 --select UBM1,UBM2 --min-confidence low --output-format json ."
    done = subprocess.run(
        [*shlex.split(command), *arguments.split()], cwd=tree, capture_output=True, text=True, check=False
    )
    if not done.stdout:
        raise SystemExit(f"{tree}: {done.stderr.strip()[-500:]}")
    found: list[Row] = json.loads(done.stdout)["findings"]
    return found


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    commands = parser.add_subparsers(dest="command_name", required=True)
    taking = commands.add_parser("take")
    taking.add_argument("dest", type=Path)
    taking.add_argument("rows", type=Path)
    taking.add_argument("--command", default="unbounded-lint")
    taking.add_argument("--jobs", type=int, default=2)
    judging = commands.add_parser("judge")
    judging.add_argument("rows", type=Path, nargs="+")
    judging.add_argument("--labels", type=Path, action="append", default=[])
    judging.add_argument("--leaks", type=Path, action="append", default=[])
    judging.add_argument("--pictures", type=Path)
    judging.add_argument("--write", action="store_true")
    options = parser.parse_args()
    if options.command_name == "take":
        take(options.dest, options.rows, options.command, options.jobs)
        return
    rows = [row for path in options.rows for row in read(path)]
    labels = [label for path in options.labels for label in read(path)]
    leaks = [leak for path in options.leaks for leak in read(path)]
    judge(rows, labels, leaks, pictures=options.pictures, write=options.write)


if __name__ == "__main__":
    main()
