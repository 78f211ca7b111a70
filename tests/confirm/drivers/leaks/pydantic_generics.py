"""Makes models of ever new types, as a server does that makes one per request."""

from typing import Generic, TypeVar

from pace import steps
from pydantic.generics import GenericModel

T = TypeVar("T")


class Box(GenericModel, Generic[T]):
    inside: T


for number in steps():
    for part in range(40):
        Box[type(f"Of{number}And{part}", (str,), {})]
