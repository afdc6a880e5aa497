"""The resources of the API, each a blueprint in a module of its own."""

from __future__ import annotations

from cni.api.frame import Resources
from cni.api.v1.members import members

RESOURCES: tuple[Resources, ...] = (members,)
