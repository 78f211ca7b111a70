"""Makes the schema of an item anew for each request, under the name that it always has."""

from marshmallow import Schema, fields
from pace import steps

for _ in steps():
    for _ in range(20):
        type("Item", (Schema,), {"name": fields.Str()})
