"""What is broken about a sweep that is there: one file a rule, named as the rule."""
