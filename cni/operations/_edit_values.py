"""What a person asks of live plant, as text from a form or the API, and what that would make of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeAlias

from cni.assets.edits import EditKind
from cni.assets.lines import Line
from cni.assets.places import length_remark
from cni.assets.words import LengthBasis
from cni.primitives.geo import Position


@dataclass(frozen=True, slots=True)
class NewSite:
    """A site to be added at a place; `owner` is a slug, for the co-op's staff to say."""

    where: str = ""
    id: str = ""
    name: str = ""
    kind: str = ""
    owner: str = ""


@dataclass(frozen=True, slots=True)
class SpanSplit:
    """A span to be split at a live site, or else at a place: the site there, within 25 m, or a new one.

    `first` and `second` are the codes of the parts from a and to z; empty: the code with .1 and .2.
    """

    span: str
    site: str = ""
    new: NewSite = field(default_factory=NewSite)
    first: str = ""
    second: str = ""


@dataclass(frozen=True, slots=True)
class SpanMerge:
    """Two spans to be made one; the site between them leaves too if `with_site`."""

    first: str
    second: str
    code: str = ""
    with_site: bool = False


@dataclass(frozen=True, slots=True)
class SpanChange:
    """A span's line, as WKT or one place to a text line, and its length in metres; no length: measured along the line.

    An empty line stays as it is.
    """

    span: str
    line: str = ""
    length_m: str = ""
    length_basis: str = ""


@dataclass(frozen=True, slots=True)
class SiteMove:
    """A site to be moved."""

    site: str
    where: str


Edit: TypeAlias = SpanSplit | SpanMerge | SpanChange | SiteMove | NewSite


@dataclass(frozen=True, slots=True)
class PlannedSite:
    """A site as it is, or would be; `id` None: a new one."""

    id: int | None
    code: str
    name: str
    kind: str
    position: Position


@dataclass(frozen=True, slots=True)
class PlannedSpan:
    """A span as it is, or would be; `line` None: only the ends are known."""

    id: int | None
    code: str
    a: PlannedSite
    z: PlannedSite
    line: Line | None
    length_m: Decimal
    length_basis: LengthBasis

    @property
    def drawn(self) -> Line:
        """Its line, or the straight way between its sites."""
        return self.line or (self.a.position, self.z.position)

    @property
    def remark(self) -> str | None:
        """What is odd about its length, without being wrong."""
        return length_remark(float(self.length_m), self.length_basis, (self.a.position, self.z.position), self.line)


@dataclass(frozen=True, slots=True)
class Plan:
    """What an edit would do: spans and sites as they are and as they would be; `member_id`: whose plant it is."""

    kind: EditKind
    member_id: int | None
    summary: str
    spans_before: tuple[PlannedSpan, ...] = ()
    spans_after: tuple[PlannedSpan, ...] = ()
    sites_before: tuple[PlannedSite, ...] = ()
    sites_after: tuple[PlannedSite, ...] = ()

    @property
    def standing(self) -> tuple[int, ...]:
        """The numbers of the spans that stand already and would change or leave."""
        return tuple(span.id for span in self.spans_before if span.id is not None)
