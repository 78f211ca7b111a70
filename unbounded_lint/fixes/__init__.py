"""Repairs of findings: recipes propose changes, and what the analysis then says decides whether they stay."""
