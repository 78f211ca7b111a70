"""Which classes derive from a class, and which it is mixed with, asked in any order."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.programs import linked

CLASSES = {
    "a line": "A: B(A): C(B): D(C):",
    "a line that branches": "A: B(A): C(B): D(C): E(C): F(E):",
    "a diamond": "A: B(A): C(A): D(B, C): E(D):",
    "a line beside a mixin": "A: B(A): C(B): X: Y(X): Z(C, Y): W(Z):",
    "two mixins": "A: B(A): X: Y: Z(B, X): W(B, Y):",
    "a circle": "A(C): B(A): C(B): D(C):",
    "one that derives from itself": "A(A): B(A):",
}


@pytest.mark.parametrize("classes", CLASSES.values(), ids=CLASSES)
def test_relatives_are_those_that_the_bases_say(classes: str, tmp_path: Path) -> None:
    text = "".join(f"class {each.strip()}:\n    pass\n" for each in classes.split(":") if each)
    for seed in range(6):
        project = linked(tmp_path, {"m.py": text})
        module = project.program.module("m.py")
        assert module is not None
        mro, hierarchy = project.flow.declared.mro, project.flow.hierarchy
        for cls in random.Random(seed).sample(module.classes, len(module.classes)):
            below = {each for each in module.classes if each != cls and cls in mro(each)}
            kin = {base for each in (cls, *below) for base in mro(each)}
            assert set(hierarchy.subclasses(cls)) == below
            assert len(hierarchy.subclasses(cls)) == len(below)
            assert hierarchy.kin(cls) == kin
            assert hierarchy.mixed(cls) == kin - below - set(mro(cls))
