"""The questions that rules ask about single containers, put together."""

from __future__ import annotations

from unbounded_lint.link.defects.birth_dated_expiry import BirthDatedExpiry
from unbounded_lint.link.defects.early_sweeper_stop import EarlySweeperStops
from unbounded_lint.link.defects.entry_skipping_sweep import EntrySkippingSweeps
from unbounded_lint.link.defects.entry_timer_only_cleanup import EntryTimerOnlyCleanups
from unbounded_lint.link.defects.event_only_removal import EventOnlyRemovals
from unbounded_lint.link.defects.forgotten_companion import ForgottenCompanions
from unbounded_lint.link.defects.fragile_sweeper_tick import FragileSweeperTicks
from unbounded_lint.link.defects.keys_outlive_values import KeysOutlivingValues
from unbounded_lint.link.defects.losable_sweeper import LosableSweepers
from unbounded_lint.link.defects.question import Linked
from unbounded_lint.link.defects.removal_while_iterating import RemovalsWhileIterating
from unbounded_lint.link.defects.self_keeping_weak_entry import SelfKeepingWeakEntries
from unbounded_lint.link.defects.sweeper_starts import SweeperStarts
from unbounded_lint.link.defects.touch_only_expiry import TouchOnlyExpiry
from unbounded_lint.link.defects.unbounded_function_cache import UnboundedFunctionCaches


class Defects:
    """One question for each kind of defect; each answers `of(container)`, but for the memos of functions."""

    def __init__(self, linked: Linked) -> None:
        self.birth_dated_expiry = BirthDatedExpiry(linked)
        self.early_sweeper_stops = EarlySweeperStops(linked)
        self.entry_skipping_sweeps = EntrySkippingSweeps(linked)
        self.entry_timer_only_cleanups = EntryTimerOnlyCleanups(linked)
        self.event_only_removals = EventOnlyRemovals(linked)
        self.forgotten_companions = ForgottenCompanions(linked)
        self.fragile_sweeper_ticks = FragileSweeperTicks(linked)
        self.keys_outliving_values = KeysOutlivingValues(linked)
        self.losable_sweepers = LosableSweepers(linked)
        self.removals_while_iterating = RemovalsWhileIterating(linked)
        self.self_keeping_weak_entries = SelfKeepingWeakEntries(linked)
        self.sweeper_starts = SweeperStarts(linked)
        self.touch_only_expiry = TouchOnlyExpiry(linked)
        self.unbounded_function_caches = UnboundedFunctionCaches(linked)
