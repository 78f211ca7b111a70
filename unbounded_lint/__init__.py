"""unbounded-lint: which long-lived maps can only grow, and which sweep is missing, unreachable or broken."""

__version__ = "0.1.0"
