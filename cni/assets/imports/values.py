"""What an import is asked, what it answers, and what it found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any

from cni.assets.drafts import SiteDraft, SpanDraft
from cni.primitives.errors import Invalid, Problem

MOST_NOTE = 2_000
"""So many characters has a note for the network steward at most."""


class Ask(StrEnum):
    """What a file may leave open."""

    COLUMNS = "columns"
    CRS = "crs"
    LAYER = "layer"


@dataclass(frozen=True, slots=True)
class Choices:
    """How a file is to be read. Empty: as the file says, and where it does not, as it was read the last time.

    `layers`: those to take, by name. `crs`: "EPSG:27700", or "EPSG:4326 swapped" for latitudes that stand first;
    "swapped" alone: in the system that the file says. `columns`: the field that a column is, "" to leave it out.
    `values`: what a field is where a row does not say. `make_sites`: lines that end at no site get one, a chamber.
    `snap`: lines are drawn on to their sites. `note`: what the network steward should know of what is new.
    """

    layers: tuple[str, ...] = ()
    crs: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)
    make_sites: bool = False
    snap: bool = False
    note: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the choices as JSON keeps them."""
        return asdict(self) | {"layers": list(self.layers)}

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> Choices:
        """Return choices that were kept as JSON."""
        given = {known.name: kept[known.name] for known in fields(cls) if known.name in kept}
        return cls(**given | {"layers": tuple(given.get("layers", ()))})


def refuse_long_note(choices: Choices) -> None:
    """Refuse a note that is longer than is kept.

    Raises:
        Invalid: it is.
    """
    if len(choices.note) > MOST_NOTE:
        message = f"The note has {len(choices.note):,} characters; {MOST_NOTE:,} are kept at most."
        raise Invalid.from_problems([Problem("too_long", message, "Say it more briefly.", "note")])


@dataclass(frozen=True, slots=True)
class Question:
    """Something that only the person who brings the file can say.

    `choices` are values of the choice that is asked for: names of layers, a CRS, names of columns; the likeliest
    first. `field`: of a question about columns, which of our fields is looked for, and in which `layer`.
    """

    ask: Ask
    message: str
    choices: tuple[str, ...]
    field: str | None = None
    layer: str | None = None


class OpenQuestion(Invalid):
    """The file leaves something open; `question` says what."""

    code = "open_question"
    title = "One thing is not clear"

    def __init__(self, question: Question) -> None:
        remedy = f"Choose one of: {', '.join(question.choices)}." if question.choices else "Mend the file."
        super().__init__(question.message, [Problem("open_question", question.message, remedy, question.ask)])
        self.question = question


@dataclass(frozen=True, slots=True)
class Change:
    """A site or span that stands, and what the file makes of it; `before` and `after` by column, as text."""

    kind: str
    code: str
    row: int
    before: Mapping[str, str]
    after: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LeftAlone:
    """A column of what stands that an import does not change, and why."""

    code: str
    row: int
    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class Counts:
    """How many sites or spans are new, are changed, and stand already as the file has them."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that quality lost points to, in words; `rows` of all rows are like that."""

    words: str
    rows: int
    points: float


@dataclass(frozen=True, slots=True)
class Quality:
    """How good a file is: 0 to 100 `points`, and what it lost the others to."""

    points: int
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRun:
    """What an import would do. With `problems` nothing can be brought in; `remarks` stop nothing.

    `added_sites` and `added_spans`, and `changed_sites` and `changed_spans` as they would be, are for the map.
    """

    format: str
    crs: str | None
    sites: Counts
    spans: Counts
    problems: tuple[Problem, ...]
    remarks: tuple[Problem, ...]
    quality: Quality
    changes: tuple[Change, ...]
    left_alone: tuple[LeftAlone, ...]
    ignored_columns: tuple[str, ...]
    added_sites: tuple[SiteDraft, ...]
    added_spans: tuple[SpanDraft, ...]
    changed_sites: tuple[SiteDraft, ...]
    changed_spans: tuple[SpanDraft, ...]
    rows: int
    held_back: tuple[Problem, ...]
    """Rows that are right, but end at a site whose row is not."""

    @property
    def good_rows(self) -> int:
        """How many of its rows could be brought in."""
        return self.rows - len({(each.file, each.row) for each in (*self.problems, *self.held_back) if each.row})
