"""References that people read out: short, unambiguous, drawn from the randomness that is passed in."""

from __future__ import annotations

from typing import Protocol

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""No 0/O, 1/I/L or U: none is mistaken for another when read over the telephone."""


class Chooser(Protocol):
    """Randomness: `secrets.SystemRandom()` in use, a seeded `random.Random` in tests."""

    def choices(self, population: str, *, k: int) -> list[str]:
        """Return k characters of the population."""


def new_reference(prefix: str, chooser: Chooser, length: int = 6) -> str:
    """Return a new reference such as `LSE-7K2F4W`: about 7 × 10⁸ different ones at six characters."""
    return f"{prefix}-{''.join(chooser.choices(ALPHABET, k=length))}"
