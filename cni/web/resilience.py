"""The Resilience room: the audit of the network, of a site and of a lease; on how many members plant depends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from cni import runtime
from cni.assets.snapshot import Plant
from cni.operations import assessing, foreseeing, reinforcing, sharing
from cni.primitives.errors import Invalid, Problem
from cni.primitives.money import pounds
from cni.schemas.assessments import AgainstRequest, ProposalRequest
from cni.schemas.problems import answer_to
from cni.schemas.reading import load
from cni.topology.failures.exposure import spans_in_risk
from cni.topology.failures.simulate import ORDER
from cni.topology.questions import Element, ElementKind
from cni.web.forms import problems_of, shown_again_by
from cni.web.marks import advice_marks, audit_marks, failure_marks, lease_marks, site_marks, use_marks
from cni.web.pages import render
from cni.web.session import actor
from cni.web.words import (
    ACHIEVED_WORDS,
    AGAINST_CHOICES,
    ELEMENT_WORDS,
    FATE_COUNTS,
    FATE_WORDS,
    SHARE_WORDS,
    STANDING_WORDS,
)

resilience = Blueprint("resilience", __name__, url_prefix="/resilience")

ROWS_SHOWN = 200
"""So many rows does a table beside a map show at most; the map shows all."""
ROWS_AT_FIRST = 10
"""So many rows do the tables of commercial resilience begin with: those that depend on the fewest."""
FEW = 60
"""So many things does a cell name at most."""
AT_FIRST = {"against": "span", "within_m": "3000", "pounds_per_metre": "85"}
"""What the form for proposals begins with: figures to change, not advice."""
AT_ONCE_SPANS = assessing.AT_ONCE_SPANS


@resilience.get("")
def index() -> Any:
    """The audit of the whole plant, or how far the worker has come with it (for htmx, that part alone)."""
    is_part = "HX-Request" in request.headers
    with runtime.reading() as session:
        audited = assessing.audit_plant(session, actor(), on=runtime.today(), at_once=AT_ONCE_SPANS)
    if audited.document is None:
        return render(f"resilience/{'_progress' if is_part else 'waiting'}.html", audited=audited)
    if is_part:  # who waited for it is led to the whole page
        return Response(headers={"HX-Redirect": url_for("resilience.index")})
    return render(
        "resilience/audit.html",
        audited=audited,
        marks=audit_marks(audited),
        shown=ROWS_SHOWN,
        few=FEW,
        element_words=ELEMENT_WORDS,
        standing_words=STANDING_WORDS,
        spans_in_risk=spans_in_risk,
    )


@resilience.post("")
def request_audit() -> Response:
    """Ask the worker for the audit of a large plant."""
    with runtime.transaction() as session:
        is_new = assessing.request_audit(session, actor(), at=runtime.now())
    flash("The audit is asked for." if is_new else "The audit was asked for already.", "info")
    return redirect(url_for("resilience.index"))


@resilience.get("/sites/<path:site>")
def site(site: str) -> str:
    """What one failure would do to a site."""
    with runtime.reading() as session:
        found = assessing.assess_site(session, actor(), site)
    return render(
        "resilience/site.html",
        found=found,
        marks=site_marks(found),
        standing_words=STANDING_WORDS,
        shown=ROWS_SHOWN,
    )


@resilience.get("/leases/<lease>")
def lease(lease: str) -> str:
    """What a lease relies on, and how available that makes it."""
    with runtime.reading() as session:
        found = assessing.assess_lease(session, actor(), lease)
    return render(
        "resilience/lease.html",
        found=found,
        marks=lease_marks(found),
        element_words=ELEMENT_WORDS,
        achieved_words=ACHIEVED_WORDS,
    )


@resilience.get("/what-if")
def what_if() -> Any:
    """What becomes of sites and leases if some things fail; the address holds which, each as one `cut`."""
    given = request.args.getlist("cut")
    chosen = [word for word in dict.fromkeys(given) if word]
    if chosen != given:
        return redirect(url_for("resilience.what_if", cut=chosen))
    with runtime.reading() as session:
        choices = foreseeing.choices(session, actor())
        try:
            foreseen = foreseeing.what_if(session, actor(), chosen, on=runtime.today()) if chosen else None
        except Invalid as refusal:
            return _what_if_page(choices, None, problems_of(refusal)), answer_to(refusal).status
    return _what_if_page(choices, foreseen)


def _what_if_page(choices: Plant, foreseen: foreseeing.Foreseen | None, problems: Sequence[Problem] = ()) -> str:
    return render(
        "resilience/what_if.html",
        order=ORDER,
        network=choices.network,
        choices=_things_that_fail(choices),
        cuts=[(f"{cut.kind}:{cut.id}", _called(choices, cut)) for cut in foreseen.failure.cuts] if foreseen else [],
        counts=_failure_counts(foreseen) if foreseen else [],
        foreseen=foreseen,
        marks=failure_marks(foreseen),
        fate_words=FATE_WORDS,
        problems=problems,
        shown=ROWS_SHOWN,
    )


def _things_that_fail(plant: Plant) -> list[tuple[str, str, str, list[tuple[str, str]]]]:
    """Return what the form offers: kind, label, the empty choice, and codes with names."""
    network = plant.network
    spans = [(code, f"{network.span_name(code)} ({code})") for code in plant.owners]
    return [
        ("span", "A span", "No span more", sorted(spans, key=lambda choice: choice[1])),
        ("site", "A site", "No site more", [(site.code, f"{site.name} ({site.code})") for site in plant.sites]),
        ("risk", "A risk group", "No risk group more", [(risk.code, risk.name) for risk in plant.risks]),
    ]


def _called(plant: Plant, cut: Element) -> str:
    code = f"{cut.id}: " if cut.kind is ElementKind.SPAN else ""
    return f"{ELEMENT_WORDS[cut.kind]} {code}{plant.network.name(cut.kind, cut.id)}"


def _failure_counts(foreseen: foreseeing.Foreseen) -> list[tuple[str, int]]:
    fates = Counter[str](fate.hit.becomes for fate in foreseen.fates or ())
    leases = [(FATE_COUNTS[kind], fates[kind]) for kind in FATE_WORDS] if foreseen.fates is not None else []
    return [*leases, ("Sites cut off", len(foreseen.failure.cut_off)), ("Spans out", len(foreseen.failure.spans))]


@resilience.get("/reinforcement")
def reinforcement(values: Mapping[str, Any] | None = None, problems: Sequence[Problem] = ()) -> Any:
    """The forms, and what comes of proposed candidates once distance and price are filled in."""
    asked = {name: value for name, value in request.args.items() if value.strip()}
    if values is not None or not asked:
        return _reinforcement_page(None, values or AT_FIRST, problems)
    try:
        proposal, against = load(ProposalRequest(), asked)
        with runtime.reading() as session:
            advice = reinforcing.advise_on_proposals(session, actor(), proposal, against)
    except Invalid as refusal:
        return _reinforcement_page(None, asked, problems_of(refusal)), answer_to(refusal).status
    return _reinforcement_page(advice, asked, is_indicative=True)


@resilience.post("/reinforcement")
@shown_again_by(reinforcement)
def advise() -> str:
    """Advice on candidates of one's own, pasted or in a file."""
    against = load(AgainstRequest(), {"against": request.form.get("against_own", "")})["against"]
    with runtime.reading() as session:
        advice = reinforcing.advise(session, actor(), _candidates(), against)
    return _reinforcement_page(advice, request.form)


def _candidates() -> bytes:
    """Return the file that was sent, or else what was pasted."""
    sent = request.files.get("file")
    data = sent.read() if sent else b""
    return data or request.form.get("candidates", "").encode()


def _reinforcement_page(
    advice: reinforcing.Advice | None,
    values: Mapping[str, Any],
    problems: Sequence[Problem] = (),
    *,
    is_indicative: bool = False,
) -> str:
    return render(
        "resilience/reinforcement.html",
        advice=advice,
        is_indicative=is_indicative,
        counts=_advice_counts(advice) if advice else [],
        marks=advice_marks(advice),
        against_choices=AGAINST_CHOICES,
        element_words=ELEMENT_WORDS,
        values={"against_own": "span"} | dict(values),
        problems=problems,
        shown=ROWS_SHOWN,
    )


def _advice_counts(advice: reinforcing.Advice) -> list[tuple[str, Any] | tuple[str, Any, str]]:
    found = advice.found
    proof = "proven to be the least" if found.proven_optimal else f"at least {pounds(found.lower_bound_pence)}"
    return [
        ("Cost", pounds(found.cost_pence), proof),
        ("Spans to build", len(found.chosen), f"of {len(advice.candidates):,} candidates"),
        ("Cured", len(found.cured)),
        ("Not cured", len(found.remaining)),
    ]


@resilience.get("/commercial")
def commercial() -> str:
    """On how many independent members each span and site depends: the first, or on request all of them."""
    with runtime.reading() as session:
        use = sharing.commercial_resilience(session, actor(), on=runtime.today())
    return render(
        "resilience/commercial.html",
        use=use,
        counts=_counts(use),
        marks=use_marks(use),
        share_words=SHARE_WORDS,
        shown=None if "all" in request.args else ROWS_AT_FIRST,
    )


def _counts(use: sharing.CommercialResilience) -> list[tuple[str, int] | tuple[str, int, str]]:
    kinds = [row.kind for row in use.spans]
    many = ("Spans with three users or more", kinds.count("many_users"))
    if not use.names_are_told:
        return [many, ("Spans with fewer", kinds.count("few_users"))]
    return [
        ("Spans with one user", kinds.count("one_user"), "a single operator depends on them"),
        ("Spans with two users", kinds.count("few_users")),
        many,
        ("Spans nobody uses", kinds.count("no_user")),
    ]
