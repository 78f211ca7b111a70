"""Where a name of a scope stands, and what stands around it, however often it is written there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs import linked
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.program.module import LinkedModule


def function(tmp_path: Path, times: int) -> LinkedModule:
    project = linked(tmp_path, {"m.py": "def f(x):\n" + "    put(x, x)\n" * times})
    module = project.program.module("m.py")
    assert module is not None
    return module


@pytest.mark.parametrize("times", [1, 4, 5, 9, 60])
def test_each_of_many_names_is_found_where_it_stands(times: int, tmp_path: Path) -> None:
    module = function(tmp_path, times)
    for op, each in enumerate(module.scope(1).ops):
        for node in w.nodes(each.action):
            if isinstance(node, m.Name):
                site = module.find(1, node.id, node)
                assert site is not None
                assert (site.op, site.node is node) == (op, True)


@pytest.mark.parametrize("times", [1, 4, 5, 9, 60])
def test_the_first_of_a_name_in_a_call_is_found(times: int, tmp_path: Path) -> None:
    module = function(tmp_path, times)
    for op, each in enumerate(module.scope(1).ops):
        (call,) = w.calls(each.action)
        for name, first in (("put", call.func), ("x", call.args[0].value)):
            site = module.find(1, name, call, inside=True)
            assert site is not None
            assert (site.op, site.node is first, site.outer.node is call) == (op, True, True)
        assert module.find(1, "x", m.Call(call.func, call.args, call.span), inside=True) is None
        assert module.find(1, "y", call, inside=True) is None
