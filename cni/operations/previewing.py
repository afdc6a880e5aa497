"""Looking at a file before it is brought in: first values, where its first places lie, what it would add on a map."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from cni.assets import queries
from cni.assets.drafts import PlantDrafts, SiteDraft, SpanDraft
from cni.formats import cage
from cni.members.models import Person
from cni.members.policy import Actor, Permission, require
from cni.operations.disclosing import own_sight
from cni.operations.registering import Checked

AT_ONCE_FEATURES = 2_000
"""A file of at most so many features is brought in while one waits; a larger one by the worker."""
VALUES_SHOWN = 3
PLACES_SHOWN = 50


@dataclass(frozen=True, slots=True, eq=False)
class FirstRows:
    """How the layers taken of a file begin.

    `values`: the first that are not empty, by column; `places`: one point of each of the first features that have a
    geometry (n x 2, in the file's own system).
    """

    values: dict[str, list[str]]
    places: NDArray[np.float64]


def first_rows(session: Session, actor: Actor, data: bytes, name: str, layers: Sequence[str]) -> FirstRows:
    """Return how these layers of a file begin.

    Permission: plant:propose.
    Raises:
        FileRefused: it cannot be read.
    """
    require(actor, Permission.PLANT_PROPOSE)
    values: dict[str, list[str]] = {}
    places: list[Any] = []
    contents = cage.read_file(data, name)
    for features in map(contents.of, layers):
        for column, texts in features.values.items():
            said = [text for text in texts[:VALUES_SHOWN] if text]
            values[column] = (values.get(column, []) + said)[:VALUES_SHOWN]
        drawn = features.geometry[shapely.get_type_id(features.geometry) >= 0][:PLACES_SHOWN]
        points, of = shapely.get_coordinates(drawn, return_index=True)
        places.append(points[np.unique(of, return_index=True)[1]])
    return FirstRows(values, np.concatenate(places) if places else np.empty((0, 2)))


def on_a_map(session: Session, actor: Actor, sites: Sequence[SiteDraft], spans: Sequence[SpanDraft]) -> Checked:
    """Return drafts with the live sites where their spans end, as the actor sees them, but for spans without a place.

    Permission: plant:propose.
    """
    require(actor, Permission.PLANT_PROPOSE)
    own = {site.code.casefold() for site in sites}
    ends = queries.live_sites_coded(session, {end for span in spans for end in (span.a, span.z)})
    ends = [site for site in ends if site.code.casefold() not in own]
    known = own | {site.code.casefold() for site in ends}
    drawn = tuple(span for span in spans if span.geometry or {span.a.casefold(), span.z.casefold()} <= known)
    return Checked(PlantDrafts(sites=tuple(sites), spans=drawn), (), ends, own_sight(session, actor))


def names_of_people(session: Session, actor: Actor, people: Iterable[int | None]) -> dict[int, str]:
    """Return the names of those who brought files, by the number that their imports give.

    Permission: plant:propose.
    """
    require(actor, Permission.PLANT_PROPOSE)
    return dict(session.execute(select(Person.id, Person.name).where(Person.id.in_(set(people) - {None}))).all())
