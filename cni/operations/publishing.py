"""Publishing what everyone pays by: versions of the tariff, each from a day on, none ever changed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from cni.events.kinds import TariffPublished
from cni.events.record import record
from cni.leases.importing import TariffDraft
from cni.leases.models import TariffVersion
from cni.leases.tariffs import rows_of, tariff_problems, tariff_versions, version_in_force
from cni.members.policy import Actor, Permission, require
from cni.primitives.errors import NotFound, Problem, refuse_if_any
from cni.primitives.period import in_words, london_date


def publish_tariff(session: Session, actor: Actor, draft: TariffDraft, *, at: datetime) -> TariffVersion:
    """Publish a version of the tariff. The first may count from any day; each later one only from a day to come,
    so that no price changes after the fact.

    Permission: tariffs:publish. Event: TariffPublished.
    Raises:
        Invalid: the draft is no whole tariff, or its first day is taken or has passed; every problem.
    """
    require(actor, Permission.TARIFFS_PUBLISH)
    published = [version.effective_from for version in tariff_versions(session)]
    refuse_if_any([*tariff_problems(draft), *_day_problems(draft, published, london_date(at))])
    version = rows_of(draft)
    session.add(version)
    record(session, actor, TariffPublished(subject=draft.effective_from.isoformat()), at=at)
    return version


def tariffs(session: Session, actor: Actor) -> list[TariffVersion]:
    """Return every version of the tariff with its lines, oldest first.

    Permission: tariffs:read.
    """
    require(actor, Permission.TARIFFS_READ)
    return tariff_versions(session)


def tariff_on(session: Session, actor: Actor, day: date) -> TariffVersion:
    """Return the version of the tariff in force on a day; before the first one the first counts.

    Permission: tariffs:read.
    Raises:
        NotFound: none has been published.
    """
    require(actor, Permission.TARIFFS_READ)
    published = tariff_versions(session)
    if not published:
        raise NotFound("There is no tariff yet. The treasurer publishes the first one.")
    return version_in_force(published, day)


def _day_problems(draft: TariffDraft, published: list[date], today: date) -> Iterator[Problem]:
    if draft.effective_from in published:
        message = f"A tariff from {in_words(draft.effective_from)} is published already."
        yield Problem("day_taken", message, "Give another day: a published tariff is never changed.", "effective_from")
    elif published and draft.effective_from <= today:
        message = f"The tariff would count from {in_words(draft.effective_from)}, which is not to come."
        tomorrow = in_words(today + timedelta(days=1))
        yield Problem("not_to_come", message, f"Give {tomorrow} or a later day.", "effective_from")
