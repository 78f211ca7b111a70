"""What runs inside the observed program: copied beside its `sitecustomize`, never imported from here.

Nothing but the standard library is imported, and of that what costs least; nothing of the rest of this package. The
program may run on another Python than this one, so the syntax is that of Python 3.8. No error leaves this package: the
program goes on as if it were alone.
"""
