"""Commercial resilience: on how many independent members each span and site depends, as whoever asks may see it.

Staff who may read leases see who uses what. Everyone else sees no name, no count below three and the largest share only
as a band: with fewer users, or with exact figures, a member could subtract its own pairs from the public total and read
off a competitor's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy.orm import Session

from cni.assets.snapshot import Plant, live_plant
from cni.leases.concentration import UNUSED, Holder, Usage, use_of_sites, use_of_spans
from cni.members.policy import Actor, Permission, may, require

FEWEST_TOLD = 3
"""So many users must there be before those who see no names are told how many."""


class Share(StrEnum):
    """How much of the pairs in service the largest user has."""

    HALF_OR_LESS = "half_or_less"
    OVER_HALF = "over_half"
    OVER_THREE_QUARTERS = "over_three_quarters"


@dataclass(frozen=True, slots=True)
class SharedUse:
    """How many members use a span or site. `users` None: fewer than three, and the one who asks is not told more.

    `share` is the largest user's, None where it is not told or nobody uses it. `holders` with their pairs, the largest
    first, and `largest_percent` are for staff; `owner` is the name of whoever owns the fibre, None for a site.
    """

    code: str
    name: str
    owner: str | None
    users: int | None
    share: Share | None
    largest_percent: int | None = None
    holders: tuple[tuple[Holder, int], ...] = ()

    @property
    def kind(self) -> str:
        """In which of the classes of a map it is: "few_users" where no more may be told."""
        if self.users is None or self.users == 2:
            return "few_users"
        return "many_users" if self.users >= FEWEST_TOLD else ("no_user", "one_user")[self.users]


@dataclass(frozen=True, slots=True)
class CommercialResilience:
    """The use of every span and site, those that depend on the fewest members first, unused ones last."""

    names_are_told: bool
    spans: list[SharedUse]
    sites: list[SharedUse]


def commercial_resilience(session: Session, actor: Actor, *, on: date) -> CommercialResilience:
    """Return on how many independent members each live span and site depends on a day.

    Permission: plant:read; names, exact counts and shares only for staff with leases:read.
    """
    require(actor, Permission.PLANT_READ)
    told = actor.member_id is None and may(actor, Permission.LEASES_READ)
    plant = live_plant(session)
    spans = {code: plant.network.span_name(code) for code in plant.owners}
    sites = {site.code: site.name for site in plant.sites}
    return CommercialResilience(
        told,
        _ranked(plant, spans, use_of_spans(session, on), told=told),
        _ranked(plant, sites, use_of_sites(session, on), told=told),
    )


def share_of(usage: Usage) -> Share:
    """Return the band of the largest user's share."""
    most = max(usage.pairs.values(), default=0)
    if 4 * most > 3 * usage.leased_pairs:
        return Share.OVER_THREE_QUARTERS
    return Share.OVER_HALF if 2 * most > usage.leased_pairs else Share.HALF_OR_LESS


def _ranked(plant: Plant, names: Mapping[str, str], uses: Mapping[str, Usage], *, told: bool) -> list[SharedUse]:
    seen = [_seen(plant, code, name, uses.get(code, UNUSED), told=told) for code, name in names.items()]
    fewest = FEWEST_TOLD - 1  # where nothing is told all are alike: the order must not tell either
    return sorted(seen, key=lambda use: (use.users == 0, fewest if use.users is None else use.users, use.code))


def _seen(plant: Plant, code: str, name: str, usage: Usage, *, told: bool) -> SharedUse:
    owner = plant.owner_names[plant.owners[code][0]] if code in plant.owners else None
    if not told:
        is_told = usage.users >= FEWEST_TOLD
        return SharedUse(code, name, owner, usage.users if is_told else None, share_of(usage) if is_told else None)
    return SharedUse(
        code,
        name,
        owner,
        usage.users,
        share_of(usage) if usage.users else None,
        usage.largest_percent if usage.users else None,
        tuple(sorted(usage.pairs.items(), key=lambda held: (-held[1], held[0].name))),
    )
