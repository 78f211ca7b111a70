"""A picture of a run: one curve per container and process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from unbounded_lint.errors import UserError
from unbounded_lint.findings.symbols import plain_symbol

if TYPE_CHECKING:
    from unbounded_lint.confirm.outcome import Outcome, Result, Seen

COLUMNS = 2
MOST = 24
"""How many containers a picture shows; those that grow come first."""

_COLOURS = {"grows": "#c0392b", "shrinks": "#2471a3", "levels off": "#1e8449"}
_OTHER = "#7f8c8d"


def check(file: Path) -> None:
    """Raise UserError where no picture can be drawn to a file: before the program runs, which may take long."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise UserError("--plot needs matplotlib; install it with pip install 'unbounded-lint[plot]'") from None
    known = Figure().canvas.get_supported_filetypes()
    if file.suffix.lstrip(".").lower() not in known:
        raise UserError(
            f"--plot cannot draw a {file.suffix or 'file without an ending'}; name a .png, .svg or .pdf file"
        )


def draw(outcome: Outcome, file: Path) -> None:
    """Draw the curves to a file. Raises OSError where it cannot be written."""
    from matplotlib.figure import Figure

    seen = [result for result in outcome.results if any(one.series.times for one in result.seen)]
    shown = sorted(seen, key=lambda result: result.verdict != "grows")[:MOST]
    rows = max(1, -(-len(shown) // COLUMNS))
    columns = min(COLUMNS, max(1, len(shown)))
    figure = Figure(figsize=(6.4 * columns, 3.2 * rows), layout="constrained")
    axes = list(figure.subplots(rows, columns, squeeze=False).flat)
    for one, result in zip(axes, shown, strict=False):
        _panel(one, result)
    for one in axes[len(shown) :]:
        one.set_axis_off()
    if not shown:
        axes[0].text(0.5, 0.5, "No container was found in the program.", ha="center", va="center")
    figure.savefig(file, dpi=120)


def _panel(axes: Any, result: Result) -> None:
    """One container: its entries over time in each process, the windows shaded."""
    colour = _COLOURS.get(result.verdict, _OTHER)
    for number, (seen, values) in enumerate(_curves(result)):
        label = seen.process.name if len(result.seen) > 1 else None
        strength = 1.0 if number == 0 else 0.45
        axes.plot(seen.series.times, values, drawstyle="steps-post", color=colour, alpha=strength, lw=1.6, label=label)
    windows = result.seen[0].judgement.windows
    if windows:
        axes.axvspan(windows[0], windows[1], color="#000000", alpha=0.05, lw=0)
        axes.axvspan(windows[1], windows[2], color="#000000", alpha=0.11, lw=0)
    name = plain_symbol(result.symbol).replace("$", r"\$")
    axes.set_title(f"{name}\n{result.verdict}", fontsize=9, color=colour)
    axes.set_xlabel("seconds", fontsize=8)
    axes.set_ylabel("entries", fontsize=8)
    axes.set_ylim(bottom=0)
    axes.tick_params(labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    if len(result.seen) > 1:
        axes.legend(fontsize=7, frameon=False)


def _curves(result: Result) -> Iterator[tuple[Seen, list[int]]]:
    for seen in result.seen[:8]:
        inside = result.seen[0].judgement.what == "inside"
        yield seen, [one.entries + (one.inside if inside else 0) for one in seen.series.sizes]
