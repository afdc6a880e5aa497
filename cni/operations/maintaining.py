"""What keeps the co-op's records tidy: done by the worker, by the clock."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from cni.assets.reading_out import prepare_seen_plant
from cni.assets.snapshot import live_plant
from cni.events.kinds import OldSignInsForgotten
from cni.events.record import record
from cni.members.models import SignIn, SignInAttempt
from cni.members.policy import Actor, Permission, require

KEPT_FOR = timedelta(days=30)
"""How long sessions that are over and failed attempts stay, for whoever looks into a break-in."""


def forget_old_sign_ins(session: Session, actor: Actor, *, at: datetime) -> int:
    """Delete sessions and attempts that were over `KEPT_FOR` ago; return how many.

    Permission: coop:maintain
    Event: OldSignInsForgotten, if there were any
    """
    require(actor, Permission.COOP_MAINTAIN)
    sessions = delete(SignIn).where(SignIn.expires_at < at - KEPT_FOR).returning(SignIn.id)
    attempts = delete(SignInAttempt).where(SignInAttempt.tried_at < at - KEPT_FOR).returning(SignInAttempt.id)
    forgotten = len(session.execute(sessions).all()) + len(session.execute(attempts).all())
    if forgotten:
        record(session, actor, OldSignInsForgotten(subject="co-op", rows=forgotten), at=at)
    return forgotten


def prepare_plant(session: Session, actor: Actor) -> None:
    """Have the network of the live plant read and compiled in this process, so that the next question need not wait.

    Permission: coop:maintain
    """
    require(actor, Permission.COOP_MAINTAIN)
    live_plant(session)


def prepare_views(session: Session, actor: Actor) -> None:
    """Have the live plant read in this process as each tier sees it that was asked for here, before the next page is.

    Permission: coop:maintain
    """
    require(actor, Permission.COOP_MAINTAIN)
    prepare_seen_plant(session)
