"""What the contract tests walk over: every endpoint of both web doors, and identifiers to fill its address with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flask import Flask
from werkzeug.routing import Rule

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True, slots=True)
class Route:
    """One method at one address; `parameters` are the names in the address."""

    endpoint: str
    method: str
    parameters: frozenset[str]
    rule: Rule

    def address(self, values: dict[str, str]) -> str:
        """Return the address with these values in it."""
        built = self.rule.build({name: values[name] for name in self.parameters})
        assert built is not None
        return built[1]

    def __str__(self) -> str:
        return f"{self.method} {self.rule.rule}"


def routes(app: Flask) -> Iterator[Route]:
    """Yield every route, HEAD and OPTIONS aside."""
    for rule in app.url_map.iter_rules():
        for method in METHODS:
            if method in (rule.methods or ()):
                yield Route(rule.endpoint, method, frozenset(rule.arguments), rule)


def anything(route: Route, made_up: str = "x") -> str:
    """Return an address of the route with made-up values."""
    return route.address(dict.fromkeys(route.parameters, made_up))
