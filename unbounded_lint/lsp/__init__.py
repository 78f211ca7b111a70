"""The language server: the findings of whole projects in an editor, while their files are written.

`server` speaks the protocol, by pygls; `desk` knows what is open, and when to analyse what; `analyst` keeps the process
that does, so that an analysis which is no longer wanted can be ended and one that fails takes nothing with it; `worker`
is that process, and `messages` is what the two tell each other. Only `server` and what it alone uses know pygls.
"""
