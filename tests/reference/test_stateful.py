"""Random lives: nothing live is ever swept, nobody is notified twice, and in the end every map is empty.

`REFERENCE_EXAMPLES=2000` runs more of them than the default.
"""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.reference.system import HOUR, MINUTE, START, RecordingStore, System, logged
from unbounded_lint.reference import RunRecord, SimulatedTime

DAY = 24 * HOUR
IDS = st.sampled_from([f"r{number}" for number in range(4)])
SPANS = st.sampled_from([0.5, 5.0, 14.0, 16.0, MINUTE, 5 * MINUTE, 6 * MINUTE, 29 * MINUTE, HOUR, 25 * HOUR])
REMOTES = st.sampled_from(["works", "fails", "is slow"])
STEPS = st.sampled_from([-365 * DAY, -2 * HOUR, -1.0, 1.0, 4 * MINUTE, 2 * HOUR])


class Known:
    """What the test knows of a run: its settings, and the latest at which something began that lets it age."""

    def __init__(self, spawn_mode: str, cleanup: str, moment: float) -> None:
        self.has_deadline = spawn_mode == "run" and cleanup == "delete"
        self.deletes = cleanup == "delete"
        self.registered = moment
        self.ended: float | None = None
        self.cleaned: float | None = None

    def must_be_kept(self, moment: float) -> bool:
        if self.has_deadline:
            return moment - self.registered < HOUR
        if self.cleaned is not None:
            return moment - self.cleaned <= 5 * MINUTE
        return self.ended is None or moment - self.ended <= DAY


class Lives(RuleBasedStateMachine):
    """The registry against a model that knows, for each run, how long it must still be there."""

    def __init__(self) -> None:
        super().__init__()
        self.logs = logged()
        self.logs.__enter__()
        self.time = SimulatedTime(START)
        self.store = RecordingStore()
        self.remote = "works"
        self.announcement_works = True
        self.known: dict[str, Known] = {}
        self.failing: dict[str, float] = {}
        self.seen: dict[str, float] = {}
        self.life: Counter[str] = Counter()
        self.told: Counter[tuple[str, int]] = Counter()
        # Time as an upper bound of any age: it passes, and it only ever steps forward.
        self.moment = 0.0
        self.passed = 0.0
        self.announces = False
        self.system = self.build()

    def build(self) -> System:
        def remote_delete(key: str, timeout: float) -> None:
            if self.remote == "fails":
                raise ConnectionError("no answer")
            if self.remote == "is slow":
                self.add_run(key.removeprefix("child-"), "session", "keep")

        def notify_end(record: RunRecord, reason: str) -> None:
            self.told[record.run_id, self.life[record.run_id]] += 1

        hooks: dict[str, Any] = {"remote_delete": remote_delete, "notify_end": notify_end}
        if self.announces:
            hooks["announce"] = lambda record: self.announcement_works
        system = System(store=self.store, time=self.time, **hooks)
        system.gateway.start()
        return system

    @initialize(announces=st.booleans(), remote=REMOTES)
    def begin(self, announces: bool, remote: str) -> None:
        self.announces = announces
        self.remote = remote
        self.system.gateway.close()
        self.system = self.build()

    # --- what may happen --------------------------------------------------------------------------------------------

    @rule(run_id=IDS, spawn_mode=st.sampled_from(["run", "session"]), cleanup=st.sampled_from(["delete", "keep"]))
    def register(self, run_id: str, spawn_mode: str, cleanup: str) -> None:
        self.add_run(run_id, spawn_mode, cleanup)

    @rule(run_id=IDS)
    def register_context(self, run_id: str) -> None:
        if self.system.events.context(run_id) is None:
            self.seen[run_id] = self.moment
        self.system.events.register_context(run_id, session_key=run_id)

    @rule(run_id=IDS)
    def clear_context(self, run_id: str) -> None:
        self.seen.pop(run_id, None)
        self.system.events.clear(run_id)
        assert self.emit(run_id) == 1

    @rule(run_id=IDS, phase=st.sampled_from(["start", "error", "end"]), age=st.sampled_from([0.0, HOUR, 30 * HOUR]))
    def lifecycle(self, run_id: str, phase: str, age: float) -> None:
        self.touch(run_id)
        self.failing.pop(run_id, None)
        if phase == "error" and self.system.has(run_id):
            self.failing[run_id] = self.passed
        self.system.phase(phase, run_id, ended_at=self.system.now - age)
        if phase == "end":
            self.note_end(run_id)

    @rule(run_id=IDS)
    def talk(self, run_id: str) -> None:
        before = self.system.events._sequences.get(run_id)
        assert self.emit(run_id) == (1 if before is None else before.number + 1)

    @rule(run_id=IDS, outcome=st.sampled_from(["ok", "error"]))
    def complete(self, run_id: str, outcome: Any) -> None:
        self.system.runs.complete(run_id, outcome)
        self.failing.pop(run_id, None)
        self.note_end(run_id)

    @rule(run_id=IDS)
    def complete_cleanup(self, run_id: str) -> None:
        if self.system.runs.complete_cleanup(run_id):
            self.note_cleanup(run_id)

    @rule(run_id=IDS)
    def release(self, run_id: str) -> None:
        known = self.system.has(run_id)
        assert self.system.runs.release(run_id) is known
        self.known.pop(run_id, None)

    @rule(run_id=IDS)
    def terminate(self, run_id: str) -> None:
        if self.system.runs.terminate(run_id):
            self.failing.pop(run_id, None)
            self.note_end(run_id)
            self.known[run_id].cleaned = self.moment

    @rule(old=IDS, new=IDS)
    def steer(self, old: str, new: str) -> None:
        source = self.system.runs.get(old)
        if self.system.runs.replace_after_steer(old, new):
            assert source is not None
            self.life[new] += 1
            if old != new:
                self.failing.pop(old, None)
                self.failing.pop(new, None)
            self.known.pop(old, None)
            self.known[new] = Known(source.spawn_mode, source.cleanup, self.moment)

    @rule()
    def sweep(self) -> None:
        self.system.runs.tick()
        self.system.gateway.maintenance.tick()

    @rule(seconds=SPANS)
    def pass_time(self, seconds: float) -> None:
        while seconds > 0:
            # In short steps, so that the model sees what timers bring about before it has aged.
            step = min(seconds, MINUTE)
            self.moment += step
            self.passed += step
            self.time.advance(step)
            self.nothing_live_is_swept()
            seconds -= step

    @rule(seconds=STEPS)
    def step_clock(self, seconds: float) -> None:
        self.moment += max(seconds, 0.0)
        self.time.step_clock(seconds)

    @rule(remote=REMOTES)
    def change_remote(self, remote: str) -> None:
        self.remote = remote

    @rule(works=st.booleans())
    def parent(self, works: bool) -> None:
        self.announcement_works = works

    @rule(failing=st.booleans())
    def store_fails(self, failing: bool) -> None:
        self.store.failing = failing

    @precondition(lambda self: self.mirrored)
    @rule()
    def restart(self) -> None:
        self.system.gateway.close()
        self.seen.clear()
        self.failing.clear()
        self.system = self.build()

    # --- what must hold ---------------------------------------------------------------------------------------------

    @property
    def mirrored(self) -> bool:
        return not self.store.failing and not self.system.runs._mirror.behind

    @invariant()
    def nothing_live_is_swept(self) -> None:
        self.learn()
        for run_id, known in self.known.items():
            assert not known.must_be_kept(self.moment) or self.system.has(run_id), f"{run_id} went too early"
        for run_id, seen in self.seen.items():
            live = self.moment - seen <= 30 * MINUTE
            assert not live or self.system.events.context(run_id) is not None, f"the context of {run_id} went too early"

    @invariant()
    def who_fails_and_does_not_recover_has_ended(self) -> None:
        for run_id, since in list(self.failing.items()):
            record = self.system.runs.get(run_id)
            if record is None or self.passed - since >= 15:
                assert record is None or record.ended_at is not None, f"the error of {run_id} was lost"
                del self.failing[run_id]

    @invariant()
    def nobody_is_notified_twice(self) -> None:
        assert all(count == 1 for count in self.told.values()), self.told

    @invariant()
    def the_sweeper_runs_while_there_is_something_to_sweep(self) -> None:
        sizes = self.system.runs.sizes()
        assert self.system.runs.sweeper_running or not any(sizes.values())

    @invariant()
    def the_store_mirrors_the_runs(self) -> None:
        if self.mirrored:
            assert {record.run_id for record in self.store.load()} == {r.run_id for r in self.system.runs.records()}

    def teardown(self) -> None:
        try:
            self.everything_goes_in_the_end()
        finally:
            self.system.gateway.close()
            self.logs.__exit__(None, None, None)

    def everything_goes_in_the_end(self) -> None:
        self.store.failing = False
        self.remote = "works"
        for record in self.system.runs.records():
            self.system.runs.complete(record.run_id)
        self.time.advance(DAY + 2 * MINUTE)
        assert self.system.gateway.sizes() == {"runs": 0, "pendings": 0, "contexts": 0, "sequences": 0}
        assert self.time.live_timers == (60,), "maintenance alone is left"
        assert self.store.rows == {}
        self.nobody_is_notified_twice()

    # --- the model --------------------------------------------------------------------------------------------------

    def add_run(self, run_id: str, spawn_mode: str, cleanup: str) -> None:
        self.life[run_id] += 1
        self.failing.pop(run_id, None)
        self.known[run_id] = Known(spawn_mode, cleanup, self.moment)
        assert self.system.register(run_id, spawn_mode, cleanup)

    def emit(self, run_id: str) -> int:
        self.touch(run_id)
        return self.system.events.emit(run_id, "assistant").number

    def touch(self, run_id: str) -> None:
        if self.system.events.context(run_id) is not None:
            self.seen[run_id] = self.moment

    def note_end(self, run_id: str) -> None:
        known = self.known.get(run_id)
        if known is not None and known.ended is None:
            known.ended = self.moment

    def note_cleanup(self, run_id: str) -> None:
        known = self.known[run_id]
        if known.deletes:
            del self.known[run_id]
        else:
            self.note_end(run_id)
            known.cleaned = self.moment

    def learn(self) -> None:
        """Note what timers brought about: runs that failed, were announced, or went as they may."""
        for run_id in list(self.known):
            record = self.system.runs.get(run_id)
            known = self.known[run_id]
            if record is None:
                # An announced `delete` run goes at once; any other must have been due.
                if (self.announces and known.deletes) or not known.must_be_kept(self.moment):
                    del self.known[run_id]
                continue
            if record.ended_at is not None and known.ended is None:
                known.ended = self.moment - self.wall_age(record.end_recorded_at)
            if record.cleanup_completed_at is not None and known.cleaned is None:
                known.cleaned = self.moment - self.wall_age(record.cleanup_completed_at)

    def wall_age(self, since: float | None) -> float:
        return 0.0 if since is None else max(0.0, self.system.now - since)


TestLives = Lives.TestCase
TestLives.settings = settings(
    max_examples=int(os.environ.get("REFERENCE_EXAMPLES", "60")), stateful_step_count=40, deadline=None
)
