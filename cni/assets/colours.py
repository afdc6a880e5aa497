"""The colours of tubes and fibres in a cable, by the schemes in use. Pure.

Up to twelve, a place has a plain colour; from the thirteenth on the colours come again, each with marks (a stripe or
rings). A page says the word beside the swatch: no colour stands alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ColourScheme(StrEnum):
    """By which convention a cable is coloured."""

    FOTAG = "fotag"
    TIA_598 = "tia_598"


@dataclass(frozen=True, slots=True)
class Colour:
    """A colour by its word and as a screen shows it; `marks` is the word and colour of the marks over it, if any."""

    word: str
    shown: str
    marks: tuple[str, str] | None = None

    @property
    def words(self) -> str:
        """The colour in words: "blue", "blue with black marks"."""
        return self.word if self.marks is None else f"{self.word} with {self.marks[0]} marks"


@dataclass(frozen=True, slots=True)
class FibreColour:
    """Where a fibre lies and how it looks: its tube's number and colour, its place in the tube and its own colour."""

    tube: int
    tube_colour: Colour
    place: int
    colour: Colour


SHOWN = {
    "blue": "#1f5fbf",
    "orange": "#f08a24",
    "green": "#2e8b3d",
    "brown": "#7a4a21",
    "slate": "#7d868c",
    "grey": "#8c9499",
    "white": "#ffffff",
    "red": "#c8252c",
    "black": "#14181a",
    "yellow": "#f5d32f",
    "violet": "#6f3fa0",
    "rose": "#f2a0b6",
    "pink": "#f2a0b6",
    "aqua": "#3fc1c9",
    "turquoise": "#3fc1c9",
    "natural": "#f3ecd8",
}
"""How each word is shown, as #rrggbb. The standards name colours by Munsell notation; these are near to them."""

ORDERS: dict[ColourScheme, tuple[str, ...]] = {
    ColourScheme.TIA_598: (
        "blue", "orange", "green", "brown", "slate", "white", "red", "black", "yellow", "violet", "rose", "aqua",
    ),
    ColourScheme.FOTAG: (
        "blue", "orange", "green", "brown", "grey", "white", "red", "black", "yellow", "violet", "pink", "turquoise",
    ),
}  # fmt: skip
"""The colours in order, from the first. Source: ANSI/TIA-598-D; FOTAG, the list in use in the United Kingdom, with the
colours as IEC 60304 names them."""

MARKED_BLACK: dict[ColourScheme, tuple[str, str]] = {
    ColourScheme.TIA_598: ("black", "yellow"),
    ColourScheme.FOTAG: ("natural", "black"),
}
"""Black marks do not show on black: its base and its marks, from the thirteenth place on."""

SCHEME_WORDS = {ColourScheme.FOTAG: "FOTAG (United Kingdom)", ColourScheme.TIA_598: "TIA-598-D"}
"""What each scheme is called."""


def colour_at(place: int, scheme: ColourScheme) -> Colour:
    """Return the colour of the tube or fibre at a place, from 1.

    >>> colour_at(5, ColourScheme.TIA_598).words, colour_at(20, ColourScheme.TIA_598).words
    ('slate', 'black with yellow marks')

    Raises:
        ValueError: places begin at 1.
    """
    if place < 1:
        raise ValueError(f"there is no place {place}; they begin at 1")
    order = ORDERS[scheme]
    word = order[(place - 1) % len(order)]
    if place <= len(order):
        return Colour(word, SHOWN[word])
    base, marks = MARKED_BLACK[scheme] if word == "black" else (word, "black")
    return Colour(base, SHOWN[base], (marks, SHOWN[marks]))


def colour_of(fibre: int, scheme: ColourScheme, fibres_per_tube: int) -> FibreColour:
    """Return where a fibre lies and how it looks; fibres are numbered through the cable, from 1.

    >>> at = colour_of(14, ColourScheme.TIA_598, 12)
    >>> at.tube, at.tube_colour.word, at.place, at.colour.word
    (2, 'orange', 2, 'orange')

    Raises:
        ValueError: fibres begin at 1, and a tube holds at least one.
    """
    if fibres_per_tube < 1:
        raise ValueError("a tube holds at least one fibre")
    tube, place = divmod(fibre - 1, fibres_per_tube)
    return FibreColour(tube + 1, colour_at(tube + 1, scheme), place + 1, colour_at(place + 1, scheme))
