"""Answers about single containers: what a symbol or place names, and all that is known of it."""
