"""The domain's words as pages and forms show them: (value, text, hint)."""

from __future__ import annotations

import re

from cni.governance.words import Choice, Decides
from cni.members.policy import MemberRole, Role

Choices = tuple[tuple[str, str, str], ...]

MEMBER_CHOICES: Choices = (
    (MemberRole.CONTRIBUTOR, "Contributor", "Brings fibre, ducts or rack space."),
    (MemberRole.USER, "User", "Leases fibre or rack space."),
    (MemberRole.INVESTOR, "Investor", "Puts money in."),
)
MEMBER_ROLE_CHOICES: Choices = (
    (Role.PLANNER, "Planner", "Finds routes, asks for quotes, requests and accepts leases."),
    (Role.ASSET_OFFICER, "Asset officer", "Registers the member's plant."),
    (Role.FINANCE, "Finance", "Reads invoices, statements and bank details."),
    (Role.MEMBER_ADMIN, "Member administrator", "Invites the member's people and changes their roles."),
    (Role.DELEGATE, "Delegate", "Casts the member’s one vote on resolutions."),
)
STAFF_ROLE_CHOICES: Choices = (
    (Role.REGISTRAR, "Registrar", "Staff: admits members, manages everyone's access."),
    (Role.NETWORK_STEWARD, "Network steward", "Staff: accepts plant, approves requests for leases."),
    (Role.TREASURER, "Treasurer", "Staff: prepares and issues settlements."),
    (Role.SECOND_APPROVER, "Second approver", "Staff: approves what the treasurer prepared."),
    (Role.AUDITOR, "Auditor", "Staff: reads everything, writes nothing."),
)

ROLE_WORDS = {value: text for value, text, _hint in (*MEMBER_ROLE_CHOICES, *STAFF_ROLE_CHOICES)}
"""What each role is called on pages."""

_BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_MACHINES = (
    ("iPhone", "an iPhone"),
    ("iPad", "an iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "a Mac"),
    ("Linux", "Linux"),
)
"""Tell-tale parts of what browsers say of themselves, the rarer first: Edge says Chrome too."""


def browser_words(agent: str | None) -> str:
    """Return a browser's description of itself in words; of one that we do not know, its first word.

    >>> browser_words("Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0")
    'Firefox on Linux'
    """
    said = agent or ""
    browser = next((name for part, name in _BROWSERS if part in said), None)
    machine = next((name for part, name in _MACHINES if part in said), None)
    if browser and machine:
        return f"{browser} on {machine}"
    return browser or (re.split(r"[/ ]", said)[0] or "Unknown")


APART_WORDS = {
    "none": "One route",
    "shared": "Two routes that share a span",
    "span": "Two routes with no shared span",
    "site": "Two routes with no shared span and no shared site",
    "risk": "Two routes with no shared span, site or risk group",
}
"""How far apart the routes of an offer are; `shared` where two are not apart at all."""

GRADE_WORDS = {
    "none": "One route",
    "shared": "A shared span",
    "span": "No shared span",
    "site": "No shared site",
    "risk": "No shared risk group",
}
"""The same, in a table."""

APART_CHOICES: Choices = (
    ("risk", "Two routes, no shared risk group", "Nor any trench, chamber, bridge … that the plant knows of."),
    ("site", "Two routes, no shared site", "Neither a span nor a site between the ends is on both."),
    ("span", "Two routes, no shared span", "They may pass the same site."),
    ("none", "One route", "The shortest with enough free fibre pairs."),
)

ELEMENT_WORDS = {
    "bridge": "Bridge",
    "building_entry": "Building entry",
    "capacity": "Span without free pairs",
    "chamber": "Chamber",
    "duct": "Duct",
    "flood_area": "Flood area",
    "owner": "Owner",
    "power_feed": "Power feed",
    "risk": "Risk group",
    "site": "Site",
    "span": "Span",
    "trench": "Trench",
}
"""What routes share, or what stands in their way, by kind."""

TARIFF_WORDS = {
    "pair_metre_year": "Fibre pair, a metre and year",
    "minimum": "Least price of a lease, a year",
    "connection": "Connection, each end of a route",
    "splice": "Splice, each site that a route passes",
    "rack_quarter": "Quarter rack, a month",
    "rack_half": "Half rack, a month",
    "rack_full": "Full rack, a month",
    "cross_connect_install": "Cross-connect, installation",
    "cross_connect_month": "Cross-connect, a month",
    "survey": "Survey",
    "abortive_visit": "Visit that could not be carried out",
}
"""What each line of the tariff is called."""

SHARE_WORDS = {
    "half_or_less": "Half or less",
    "over_half": "Over a half",
    "over_three_quarters": "Over three quarters",
}
"""How much of the leased pairs the largest user has."""

STANDING_WORDS = {
    "unjoined": "Not joined to the core",
    "span": "One span that fails cuts it off",
    "site": "One site that fails cuts it off",
    "risk": "One risk group that fails cuts it off",
    "sound": "No single failure cuts it off",
}
"""How well a site is joined to the core."""

FATE_WORDS = {
    "lost": "Fails: no other way",
    "rerouted": "Fails: re-routable",
    "survives": "Survives",
}
"""What becomes of a lease when things fail."""

FATE_COUNTS = {"lost": "Leases lost", "rerouted": "Leases re-routable", "survives": "Leases that survive"}
"""The same, over the number of leases."""

ACHIEVED_WORDS = {
    "risk": "Its two routes share no span, no site between the ends and no known risk group",
    "site": "Its two routes share no span and no site between the ends, but a known risk group",
    "span": "Its two routes share no span, but a site between the ends",
}
"""How diverse the routes of a lease really are."""

VOTE_CHOICES: Choices = (
    (Choice.FOR, "For", ""),
    (Choice.AGAINST, "Against", ""),
    (Choice.ABSTAIN, "Abstain", "Counts for the quorum, and neither for nor against."),
)
VOTE_WORDS = {value: text for value, text, _hint in VOTE_CHOICES}

DECIDES_CHOICES: Choices = (
    (Decides.TEXT, "What its text says", "Carried out by people."),
    (Decides.TARIFF, "A tariff", "The treasurer publishes it, naming this resolution."),
    (Decides.PARAMETER, "A parameter", "Set by itself when the vote is closed and the resolution is carried."),
    (Decides.LAST_PAIR, "The last free pair between two sites", "That it may be leased."),
)
DECIDES_WORDS = {value: text for value, text, _hint in DECIDES_CHOICES}

AGAINST_CHOICES: Choices = (
    ("span", "A span", "No bridge is left."),
    ("site", "A site", "No articulation site is left."),
    ("risk", "A risk group", "No single-point risk is left."),
)
"""What shall not divide the plant any more by failing alone."""
