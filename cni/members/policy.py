"""Who may do what: roles, permissions, and the one table that joins them.

A role of a member's person counts for that member's own things only; a staff role counts for every member's.
`docs/permissions.md` is made from this file.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeVar

from cni.primitives.errors import Forbidden, NotFound


class MemberRole(StrEnum):
    """What an organisation is in the co-op, over time."""

    CONTRIBUTOR = "contributor"
    INVESTOR = "investor"
    USER = "user"


class Role(StrEnum):
    """What a person does: for their member, or as the co-op's staff (`STAFF_ROLES`)."""

    ASSET_OFFICER = "asset_officer"
    AUDITOR = "auditor"
    DELEGATE = "delegate"
    FINANCE = "finance"
    MEMBER_ADMIN = "member_admin"
    NETWORK_STEWARD = "network_steward"
    OPERATOR = "operator"
    PLANNER = "planner"
    REGISTRAR = "registrar"
    SECOND_APPROVER = "second_approver"
    TREASURER = "treasurer"


MEMBER_ROLES = frozenset({Role.ASSET_OFFICER, Role.DELEGATE, Role.FINANCE, Role.MEMBER_ADMIN, Role.PLANNER})
STAFF_ROLES = frozenset({Role.AUDITOR, Role.NETWORK_STEWARD, Role.REGISTRAR, Role.SECOND_APPROVER, Role.TREASURER})
"""`OPERATOR` is in neither: it is whoever runs commands on the server, and nobody can be given it."""


class SamePerson(Forbidden):
    """This takes two people, and the actor is the first of them."""

    code = "same_person"
    title = "Two people are needed"


class Owned(Protocol):
    """Something that belongs to a member, or, without one, to the co-op."""

    @property
    def member_id(self) -> int | None:
        """Whose it is."""


Found = TypeVar("Found", bound=Owned)


class Permission(StrEnum):
    """What can be done, as `resource:action`."""

    ACCESS_MANAGE = "access:manage"
    CONTRIBUTIONS_DECIDE = "contributions:decide"
    CONTRIBUTIONS_READ = "contributions:read"
    COOP_LOAD = "coop:load"
    COOP_MAINTAIN = "coop:maintain"
    DIRECTORY_READ = "directory:read"
    DISCLOSURES_READ = "disclosures:read"
    DOCUMENTS_READ = "documents:read"
    EVENTS_READ = "events:read"
    EVIDENCE_ACCEPT = "evidence:accept"
    LEASES_ACCEPT = "leases:accept"
    LEASES_APPROVE = "leases:approve"
    LEASES_CANCEL = "leases:cancel"
    LEASES_END = "leases:end"
    LEASES_READ = "leases:read"
    LEASES_REQUEST = "leases:request"
    LEDGER_CLOSE = "ledger:close"
    LEDGER_READ = "ledger:read"
    LEDGER_REVERSE = "ledger:reverse"
    MEETINGS_HOLD = "meetings:hold"
    MEMBERS_ADMIT = "members:admit"
    PEOPLE_MANAGE = "people:manage"
    PLANT_INSPECT = "plant:inspect"
    PLANT_KEEP = "plant:keep"
    PLANT_LABEL = "plant:label"
    PLANT_EDIT = "plant:edit"
    PLANT_PROPOSE = "plant:propose"
    PLANT_READ = "plant:read"
    PLANT_READ_EXACT = "plant:read_exact"
    QUOTES_CREATE = "quotes:create"
    QUOTES_READ = "quotes:read"
    RESOLUTIONS_READ = "resolutions:read"
    RISKS_DECIDE = "risks:decide"
    RISKS_READ = "risks:read"
    ROUTES_SEARCH = "routes:search"
    SETTLEMENTS_APPROVE = "settlements:approve"
    SETTLEMENTS_ISSUE = "settlements:issue"
    SETTLEMENTS_PREVIEW = "settlements:preview"
    TARIFFS_PUBLISH = "tariffs:publish"
    TARIFFS_READ = "tariffs:read"
    VOTES_CAST = "votes:cast"


P = Permission

EVERYONE = frozenset(
    {P.ACCESS_MANAGE, P.DIRECTORY_READ, P.PLANT_READ, P.RESOLUTIONS_READ, P.ROUTES_SEARCH, P.TARIFFS_READ}
)
"""What everyone with a role may: see what all members see, and manage their own sessions and API tokens."""

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.ASSET_OFFICER: EVERYONE
    | {
        P.CONTRIBUTIONS_READ,
        P.DISCLOSURES_READ,
        P.PLANT_EDIT,
        P.PLANT_INSPECT,
        P.PLANT_KEEP,
        P.PLANT_LABEL,
        P.PLANT_PROPOSE,
    },
    Role.AUDITOR: EVERYONE
    | {
        P.CONTRIBUTIONS_READ,
        P.DISCLOSURES_READ,
        P.DOCUMENTS_READ,
        P.EVENTS_READ,
        P.LEASES_READ,
        P.LEDGER_READ,
        P.PLANT_INSPECT,
        P.PLANT_READ_EXACT,
        P.QUOTES_READ,
        P.RISKS_READ,
        P.SETTLEMENTS_PREVIEW,
    },
    Role.DELEGATE: EVERYONE | {P.VOTES_CAST},
    Role.FINANCE: EVERYONE | {P.DOCUMENTS_READ, P.LEASES_READ},
    Role.MEMBER_ADMIN: EVERYONE
    | {P.CONTRIBUTIONS_READ, P.DOCUMENTS_READ, P.LEASES_READ, P.PEOPLE_MANAGE, P.PLANT_INSPECT, P.QUOTES_READ},
    Role.NETWORK_STEWARD: EVERYONE
    | {
        P.CONTRIBUTIONS_DECIDE,
        P.CONTRIBUTIONS_READ,
        P.EVIDENCE_ACCEPT,
        P.LEASES_APPROVE,
        P.LEASES_END,
        P.LEASES_READ,
        P.PLANT_EDIT,
        P.PLANT_INSPECT,
        P.PLANT_LABEL,
        P.PLANT_READ_EXACT,
        P.QUOTES_READ,
        P.RISKS_DECIDE,
        P.RISKS_READ,
    },
    Role.OPERATOR: frozenset(Permission),
    Role.PLANNER: EVERYONE
    | {
        P.LEASES_ACCEPT,
        P.LEASES_CANCEL,
        P.LEASES_END,
        P.LEASES_READ,
        P.LEASES_REQUEST,
        P.QUOTES_CREATE,
        P.QUOTES_READ,
    },
    Role.REGISTRAR: EVERYONE | {P.EVENTS_READ, P.MEETINGS_HOLD, P.MEMBERS_ADMIT, P.PEOPLE_MANAGE, P.PLANT_READ_EXACT},
    Role.SECOND_APPROVER: EVERYONE
    | {P.DOCUMENTS_READ, P.LEASES_READ, P.LEDGER_READ, P.SETTLEMENTS_APPROVE, P.SETTLEMENTS_PREVIEW},
    Role.TREASURER: EVERYONE
    | {
        P.DOCUMENTS_READ,
        P.LEASES_READ,
        P.LEDGER_CLOSE,
        P.LEDGER_READ,
        P.LEDGER_REVERSE,
        P.SETTLEMENTS_ISSUE,
        P.SETTLEMENTS_PREVIEW,
        P.TARIFFS_PUBLISH,
    },
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is asking, frozen at the door. `member_id` None: the co-op's staff, or the server's operator."""

    person_id: int | None
    member_id: int | None
    roles: frozenset[Role]
    name: str

    @property
    def permissions(self) -> frozenset[Permission]:
        """All that the actor's roles allow."""
        return frozenset().union(*(PERMISSIONS[role] for role in self.roles))


OPERATOR = Actor(person_id=None, member_id=None, roles=frozenset({Role.OPERATOR}), name="Server operator")


def may(actor: Actor, permission: Permission, member_id: int | None = None) -> bool:
    """Tell whether the actor may do this, and, where `member_id` is given, to a thing of that member."""
    return permission in actor.permissions and _is_within_reach(actor, member_id)


def require(actor: Actor, permission: Permission, member_id: int | None = None) -> None:
    """Refuse an actor who may not do this; call it with `member_id` once the subject is loaded.

    Raises:
        Forbidden: none of the actor's roles allows it.
        NotFound: it belongs to another member, whose things are not even confirmed to exist.
    """
    if permission not in actor.permissions:
        raise Forbidden("Your role does not allow this. Your member administrator or the registrar can change roles.")
    if not _is_within_reach(actor, member_id):
        raise nothing_here()


def require_found(actor: Actor, permission: Permission, found: Found | None) -> Found:
    """Return what was found, if the actor may do this to it.

    Call it after `require(actor, permission)`, so that who may not do it at all is told so, whatever they name.

    Raises:
        NotFound: nothing was found, or it is another member's: the two read alike.
    """
    if found is None:
        raise nothing_here()
    require(actor, permission, member_id=found.member_id)
    return found


def nothing_here() -> NotFound:
    """Return the one refusal for what is not there and for what is not the actor's to see."""
    return NotFound("There is no such thing here.")


def is_managed_by(actor: Actor, member_id: int | None) -> bool:
    """Tell whether people of that member (None: the co-op's staff) are the actor's to manage, who manages people."""
    return actor.member_id is None or actor.member_id == member_id


def _is_within_reach(actor: Actor, member_id: int | None) -> bool:
    return member_id is None or actor.member_id is None or actor.member_id == member_id
