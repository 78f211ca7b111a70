"""Facts read with libcst, which knows new syntax whatever Python runs it, and reads large files in pieces."""

from unbounded_lint.facts.cst.reader import read

__all__ = ["read"]
