"""The program as read: modules, scopes, names across files, blocks."""
