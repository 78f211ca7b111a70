"""The stages of the gateway, run: what the linter finds in the leaky ones grows, and levels off in the fixed one."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

from tests.confirm.children import PACE, ROOT, confirmed, sampled

DRIVERS = Path(__file__).parent / "drivers"
GATEWAY = ROOT / "fixtures" / "gateway"

RUN = [
    {"op": "start"},
    {"op": "event", "stream": "lifecycle", "data": {"phase": "start"}},
    {"op": "event", "stream": "lifecycle", "data": {"phase": "end"}},
    {"op": "finish"},
]
FAILED = [
    {"op": "start"},
    {"op": "event", "stream": "lifecycle", "data": {"phase": "error", "error": "a fault"}},
]
OLD = [{"op": "start"}, {"op": "event", "stream": "assistant"}, {"op": "end"}]

LEAKY = {
    "0_leaky/gateway_dicts": (
        RUN,
        {"events:_seq_by_run": "grows", "events:_context_by_run": "grows", "registry_memory:subagent_runs": "grows"},
    ),
    "0_leaky/gateway_getter": (
        RUN,
        {
            "state:AgentEventState.seq_by_run": "grows",
            "state:AgentEventState.context_by_run": "grows",
            "state:SubagentState.runs": "grows",
        },
    ),
    "0_leaky/gateway_singleton": (
        RUN,
        {
            "bus:AgentBus.last_numbers": "grows",
            "contexts:RunContexts._by_run": "grows",
            "runs:SubagentRegistry.runs": "grows",
        },
    ),
    "3_forgotten_companion/forgotten_companion_dicts": (
        OLD,
        {"events:_seq_by_run": "grows"},
    ),
}


@pytest.mark.parametrize("stage", sampled(LEAKY, "0_leaky/gateway_dicts"))
def test_what_is_found_in_a_leaky_stage_grows(stage: str, tmp_path: Path) -> None:
    requests, expected = LEAKY[stage]
    package = stage.partition("/")[2]
    shutil.copytree(GATEWAY / stage, tmp_path / package)
    shutil.copy(DRIVERS / "leaky.py", tmp_path / "driver.py")
    symbols = {f"{package}.{symbol}": verdict for symbol, verdict in expected.items()}
    command = [sys.executable, "driver.py", package, json.dumps(requests)]
    run = confirmed(tmp_path, {}, list(symbols), command)
    assert run.done.returncode == 0, run.done.stderr
    assert run.verdicts() == symbols, run.report


@pytest.mark.parametrize("requests", [pytest.param(RUN, marks=pytest.mark.exhaustive), FAILED], ids=["done", "failed"])
def test_the_same_levels_off_in_the_fixed_one(requests: list[dict[str, object]], tmp_path: Path) -> None:
    program = tmp_path / "program"  # not beside the command, which finds a package of its own name there
    shutil.copytree(GATEWAY / "9_fixed" / "fixed_gateway", program / "fixed_gateway")
    shutil.copytree(ROOT / "unbounded_lint" / "reference", program / "unbounded_lint" / "reference")
    (program / "unbounded_lint" / "__init__.py").touch()
    shutil.copy(DRIVERS / "fixed.py", program / "driver.py")
    symbols = ["RunRegistry._runs", "EventRegistry._contexts", "EventRegistry._sequences"]
    command = [sys.executable, "program/driver.py", json.dumps(requests)]
    run = confirmed(tmp_path, {"program/pace.py": PACE}, symbols, command)
    assert run.done.returncode == 0, run.done.stderr
    found = {symbol.partition(":")[2]: verdict for symbol, verdict in run.verdicts().items()}
    assert found == dict.fromkeys(symbols, "levels off"), run.report


@pytest.mark.parametrize("driver", sorted(DRIVERS.glob("*.py")), ids=lambda file: file.name)
def test_a_driver_is_short(driver: Path) -> None:
    assert len(driver.read_text(encoding="utf-8").splitlines()) <= 30
