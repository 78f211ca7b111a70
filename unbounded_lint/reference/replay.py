"""Replay the outage: the same batch through the leaky gateway and through the reference, side by side.

    python -m unbounded_lint.reference.replay [--tickets N] [--leaky DIR] [--plot FILE.png|.svg]

Time is simulated; the sizes of the four maps and the memory that tracemalloc counts are real.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, Protocol, cast

from .outage import MAPS, REQUESTS, Program, ReferenceProgram, Sample, batch_seconds, replay
from .simulation import SimulatedTime
from .timers import TimerFactory, TimerHandle

DEFAULT_TICKETS = 1400
TABLE_ROWS = 16
PLOT_SUFFIXES = (".png", ".svg")

_BYTES_PER_MIB = 1024 * 1024
_SECONDS_PER_HOUR = 3600


class ReplayError(Exception):
    """One clear sentence about what keeps the replay from running, and what to do."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code: 0 if the reference came back to zero, 1 if not, 2 for bad usage."""
    options = _parser().parse_args(arguments)
    try:
        _check_plot(options.plot)
        leaky = _replay_leaky(_leaky_directory(options.leaky), options.tickets)
        time = SimulatedTime()
        reference = replay(ReferenceProgram(time), time, options.tickets)
        _print_table(options.tickets, leaky, reference)
        if options.plot is not None:
            _draw(options.plot, options.tickets, leaky, reference)
            print(f"Both curves are drawn in {options.plot}.")
    except ReplayError as error:
        print(f"replay: {error}", file=sys.stderr)
        return 2
    return 1 if reference[-1].entries else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m unbounded_lint.reference.replay",
        description="Replay the outage: one batch through the leaky gateway and through the reference, in simulated "
        "time. Shows the entries of the four maps and the memory that tracemalloc counts.",
    )
    parser.add_argument(
        "--tickets",
        type=_positive,
        default=DEFAULT_TICKETS,
        metavar="N",
        help="tickets in the batch, two runs each (default: %(default)s)",
    )
    parser.add_argument(
        "--leaky",
        type=Path,
        metavar="DIR",
        help="directory of the leaky gateway's package (default: fixtures/gateway/0_leaky of a source checkout)",
    )
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw both curves, as .png or .svg")
    return parser


def _positive(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above zero")
    return number


# --- the leaky program ----------------------------------------------------------------------------------------------


def _default_leaky_directory() -> Path:
    return Path(__file__).resolve().parents[2] / "fixtures" / "gateway" / "0_leaky"


def _leaky_directory(given: Path | None) -> Path:
    directory = given or _default_leaky_directory()
    if not directory.is_dir():
        raise ReplayError(
            f"the leaky gateway is not at {directory}; it comes with a source checkout, so name its place with --leaky."
        )
    return directory


def _replay_leaky(directory: Path, tickets: int) -> tuple[Sample, ...]:
    servers = sorted(directory.glob("*/server.py"))
    if not servers:
        raise ReplayError(f"{directory} holds no package with a server.py; name another directory with --leaky.")
    time = SimulatedTime()
    with _imported(directory, servers[0].parent.name, time) as program:
        return replay(program, time, tickets)


@contextmanager
def _imported(directory: Path, package: str, time: SimulatedTime) -> Iterator[Program]:
    """Import the package afresh with simulated time, and leave no trace of it in the interpreter."""
    sys.path.insert(0, str(directory))
    try:
        server = importlib.import_module(f"{package}.server")
        missing = [request for request in REQUESTS if not hasattr(server, request)]
        if missing:
            raise ReplayError(f"{server.__file__} must define {', '.join(missing)} to be replayed.")
        for module in _modules_of(package).values():
            _simulate(module, time)
        yield cast(Program, server)
    except (ImportError, SyntaxError) as error:
        raise ReplayError(f"the package {package} in {directory} cannot be imported: {error}.") from error
    finally:
        sys.path.remove(str(directory))
        for name in _modules_of(package):
            del sys.modules[name]


def _modules_of(package: str) -> dict[str, ModuleType]:
    return {name: module for name, module in sys.modules.items() if f"{name}.".startswith(f"{package}.")}


def _simulate(module: ModuleType, time: SimulatedTime) -> None:
    """Let the module see simulated time where it imported `time` and `threading`."""
    if hasattr(module, "time"):
        vars(module)["time"] = SimpleNamespace(time=time.clock)
    if hasattr(module, "threading"):
        vars(module)["threading"] = SimpleNamespace(Timer=_simulated_timer(time), Lock=threading.Lock)


class _Timer(Protocol):
    daemon: bool

    def start(self) -> None: ...

    def cancel(self) -> None: ...


def _simulated_timer(timers: TimerFactory) -> Callable[..., _Timer]:
    """Return a stand-in for `threading.Timer` that counts simulated seconds."""

    class SimulatedThreadingTimer:
        def __init__(self, interval: float, function: Callable[..., object], args: Sequence[object] = ()) -> None:
            self.daemon = False
            self._interval = interval
            self._call = lambda: function(*args)
            self._handle: TimerHandle | None = None

        def start(self) -> None:
            self._handle = timers.call_later(self._interval, self._call)

        def cancel(self) -> None:
            if self._handle is not None:
                self._handle.cancel()

    return SimulatedThreadingTimer


# --- what is shown --------------------------------------------------------------------------------------------------


def _print_table(tickets: int, leaky: Sequence[Sample], reference: Sequence[Sample]) -> None:
    hours = batch_seconds(tickets) / _SECONDS_PER_HOUR
    print(f"{tickets} tickets, two session runs each, arriving over {hours:.1f} simulated hours.")
    print("Entries in each map, and the memory that tracemalloc counts, in MiB.\n")
    columns = "".join(f"{name:>10}" for name in (*MAPS, "MiB"))
    print(f"{'':>7}{'leaky':>50}{'reference':>53}")
    print(f"{'hours':>7}{columns}   {columns}")
    for left, right in _rows(leaky, reference):
        print(f"{left.seconds / _SECONDS_PER_HOUR:>7.2f}{_cells(left)}   {_cells(right)}")
    print()
    for name, samples in (("leaky", leaky), ("reference", reference)):
        peak = max(sample.entries for sample in samples)
        memory = max(sample.memory for sample in samples) / _BYTES_PER_MIB
        left_over = samples[-1]
        kept = ", ".join(f"{left_over.sizes[map_name]} {map_name}" for map_name in MAPS)
        print(f"{name + ':':<11}peak {peak} entries and {memory:.2f} MiB; left at the end: {kept}.")


def _rows(leaky: Sequence[Sample], reference: Sequence[Sample]) -> Iterator[tuple[Sample, Sample]]:
    last = len(leaky) - 1
    for row in range(TABLE_ROWS):
        index = round(row * last / (TABLE_ROWS - 1))
        yield leaky[index], reference[index]


def _cells(sample: Sample) -> str:
    return "".join(f"{sample.sizes[name]:>10}" for name in MAPS) + f"{sample.memory / _BYTES_PER_MIB:>10.2f}"


def _check_plot(path: Path | None) -> None:
    if path is not None:
        if path.suffix not in PLOT_SUFFIXES:
            raise ReplayError(f"{path} must end in .png or .svg to say what to draw.")
        _figure_class()


def _figure_class() -> Any:
    try:
        return importlib.import_module("matplotlib.figure").Figure
    except ImportError:
        raise ReplayError(
            "drawing needs matplotlib, which is not installed; install it with: pip install 'unbounded-lint[plot]'"
        ) from None


def _draw(path: Path, tickets: int, leaky: Sequence[Sample], reference: Sequence[Sample]) -> None:
    figure = _figure_class()(figsize=(10, 4), layout="constrained")
    figure.suptitle(f"The outage replayed: {tickets} tickets, two session runs each")
    left, right = figure.subplots(1, 2)
    for name, colour, samples in (("leaky", "tab:red", leaky), ("reference", "tab:green", reference)):
        hours = [sample.seconds / _SECONDS_PER_HOUR for sample in samples]
        left.plot(hours, [sample.entries for sample in samples], color=colour, label=name)
        right.plot(hours, [sample.memory / _BYTES_PER_MIB for sample in samples], color=colour, label=name)
    for axes, title in ((left, "entries in the four maps"), (right, "memory counted by tracemalloc, MiB")):
        axes.axvline(batch_seconds(tickets) / _SECONDS_PER_HOUR, color="grey", linestyle=":", label="last ticket")
        axes.set_title(title)
        axes.set_xlabel("simulated hours")
        axes.legend()
    try:
        figure.savefig(path)
    except OSError as error:
        raise ReplayError(f"{path} cannot be written: {error.strerror}.") from error


if __name__ == "__main__":
    sys.exit(main())
