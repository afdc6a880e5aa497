"""The kinds of event, in the past tense.

`subject` is the public reference of what the event is about; `member_id` whose affair it is (None: the co-op's).
Further fields are plain JSON values. Each is listed in docs/events.md by a test.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened."""

    subject: str
    member_id: int | None = None


class AccessClosed(Event):
    """An administrator closed a person's access; their sessions and API tokens ended."""


class AccessOpened(Event):
    """An administrator opened a person's access again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetLabelled(Event):
    """The owner, or the network steward, gave a span or site a freedom-of-information label."""

    label: str
    reason: str


class ContributionAccepted(Event):
    """The network steward accepted plant, which went live."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContributionRefused(Event):
    """The network steward refused plant, and said why."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContributionProposed(Event):
    """A contributor proposed plant."""

    sites: list[str]
    spans: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CoopCorrected(Event):
    """The registrar corrected these fields of the co-op."""

    fields: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CoopLoaded(Event):
    """A folder of files was loaded; `added` counts the rows by file."""

    added: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class DuctKept(Event):
    """An owner registered a duct, or corrected it: the spans that lie in it now."""

    spans: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceStepTaken(Event):
    """Someone surveyed, tested, accepted or returned a span, which brought its evidence to this level."""

    action: str
    level: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileAttached(Event):
    """A file was attached to a span; its SHA-256 says which."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HiddenRiskAccepted(Event):
    """The network steward made a risk group of spans that run side by side."""

    risk_group: str
    spans: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class HiddenRiskDismissed(Event):
    """The network steward said why spans that run side by side are no risk group."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HiddenRisksFound(Event):
    """The lines of the plant were compared, and places where owners' spans run side by side came to light or went."""

    found: list[str]
    gone: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportUndone(Event):
    """An import was undone: what it brought is gone, what it changed is again as it was."""

    file: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalReversed(Event):
    """The treasurer reversed a journal, and said why."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseAccepted(Event):
    """The user accepted the fibre; billing starts on the later of this day and the lease's start."""

    accepted_on: str


class LeaseApproved(Event):
    """The network steward approved a request; its fibre pairs are reserved."""


class LeaseCancelled(Event):
    """The user took a request back before acceptance; its fibre pairs are free again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseEnded(Event):
    """An end was agreed for a lease."""

    ends_on: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseRefused(Event):
    """The network steward refused a request, and said why; its fibre pairs are free again."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseRequested(Event):
    """A user requested the lease that a quote offers; its fibre pairs are held.

    `new_splices` of fibres are to be made between them, `existing_splices` were on record.
    """

    quote: str
    fibre_pairs: list[str]
    new_splices: int
    existing_splices: int


class MeetingCalled(Event):
    """The registrar called a general meeting."""


class MemberAdmitted(Event):
    """The registrar admitted an organisation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberCorrected(Event):
    """These fields of a member were corrected, by the registrar or the member's administrator."""

    fields: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRolesChanged(Event):
    """The registrar changed what a member is: from this day on it holds these roles and no others."""

    roles: list[str]
    starts_on: str


class NetworkAuditRequested(Event):
    """Someone asked for an audit of the whole plant, which the worker makes."""


class PasswordChosen(Event):
    """A person chose a password by a link; their other sessions ended."""


class PasswordLinkMade(Event):
    """An administrator made a link by which a person may choose a new password."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OldSignInsForgotten(Event):
    """Sessions and failed attempts of long ago were deleted."""

    rows: int


class PeriodClosed(Event):
    """The treasurer closed a month: nothing more can be posted in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantEdited(Event):
    """Live plant was edited: a span split, merged or changed, a site moved or added; what it was before and after."""

    kind: str
    before: dict[str, object]
    after: dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantEditRedone(Event):
    """An edit of live plant that had been undone was made again."""

    before: dict[str, object]
    after: dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantEditUndone(Event):
    """An edit of live plant was undone; what was there with it, and what is there again."""

    before: dict[str, object]
    after: dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantImported(Event):
    """A file's sites and spans were brought in: so many added, changed and unchanged."""

    file: str
    sites: dict[str, int]
    spans: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonInvited(Event):
    """Someone may now sign in for a member, in these roles."""

    roles: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRolesChanged(Event):
    """A person's roles were changed to these."""

    roles: list[str]


class QuoteMade(Event):
    """A planner had a quote frozen."""


class ResolutionDrafted(Event):
    """The registrar drafted a resolution for a meeting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettlementApproved(Event):
    """The second approver approved a month's figures, by their digest."""

    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SettlementIssued(Event):
    """The treasurer issued a month: documents numbered, journals sealed."""

    digest: str
    documents: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterEntryKept(Event):
    """An owner entered a wayleave or a funding condition, or corrected one: what it covers now, and until when."""

    covers: list[str]
    ends_on: str | None


class SignedIn(Event):
    """A person signed in."""


class SignedOut(Event):
    """A person signed out, or ended one of their sessions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanDescribed(Event):
    """An owner said how the cable of a span is built."""

    fibres_per_tube: int
    scheme: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanLengthMeasured(Event):
    """The length of a span was set to what an OTDR trace says, in metres; `before`, what it was."""

    before: str
    length_m: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanTermsSet(Event):
    """An owner set the terms on which a span is contributed, and which of its pairs are reserved and offered."""

    offered: list[int]
    reserved: list[int]


class SpanWithdrawn(Event):
    """The notice of a span ran out and no lease holds it: it left the plant that is used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SplicesKept(Event):
    """An owner said which fibres are spliced at a site; so many there are."""

    splices: int


class TariffPublished(Event):
    """A tariff version was published."""


class TokenCreated(Event):
    """A person made an API token."""


class TokenRevoked(Event):
    """A person revoked an API token."""


class VoteCast(Event):
    """A delegate cast the member's one vote on a resolution; what it was stands with the vote alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VoteClosed(Event):
    """The vote on a resolution was closed, with this outcome; a parameter that it decides was set with it."""

    outcome: str
    votes: dict[str, int]
    parameter: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VoteOpened(Event):
    """A resolution was put to the vote of so many members, under this quorum and majority (per cent)."""

    entitled: int
    quorum_percent: int
    majority_percent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawalGiven(Event):
    """An owner gave notice that spans leave the co-op; `leases` hold pairs of them and run on."""

    leases: list[str]
    spans: list[str]
