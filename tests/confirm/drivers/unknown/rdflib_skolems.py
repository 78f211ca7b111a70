"""Reads one small message after the other that names its blank nodes as RDF 1.1 proposes it, and takes them back."""

import gc

from pace import steps
from rdflib import Graph
from rdflib.term import skolems

NODE = "https://example.org/.well-known/genid"
for number in steps():
    for part in range(10):
        message = f'<{NODE}/{number}-{part}> <https://example.org/says> "hello" .'
        Graph().parse(data=message, format="nt").de_skolemize()
gc.collect()
print("graphs alive:", sum(isinstance(one, Graph) for one in gc.get_objects()))
print("blank nodes kept:", len(skolems))
