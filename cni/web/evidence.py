"""The evidence of a span: its steps, the files kept with it, and OTDR traces compared with the record."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, redirect, request, send_file, url_for
from werkzeug.wrappers import Response

from cni import runtime
from cni.operations import evidencing
from cni.operations.evidencing import NewFile
from cni.primitives.errors import Problem
from cni.schemas.evidence import AttachmentRequest, DecisionRequest, StepRequest
from cni.web.forms import read_form, shown_again_by
from cni.web.pages import render
from cni.web.session import actor
from cni.web.trace_pictures import picture_of

evidence = Blueprint("evidence", __name__, url_prefix="/plant/evidence")


@evidence.get("/<path:span>")
def show(span: str, values: Mapping[str, Any] | None = None, problems: Sequence[Problem] = ()) -> str:
    """How well a span is known, and what can be done about it now."""
    with runtime.reading() as session:
        file = evidencing.evidence_of(session, actor(), span)
    given = values or {"done_on": runtime.today().isoformat()}
    return render("evidence/span.html", file=file, values=given, problems=problems)


@evidence.post("/step/<path:span>")
@shown_again_by(show)
def take_step(span: str) -> Response:
    """Say that the span was surveyed or tested."""
    given = read_form(StepRequest())
    with runtime.transaction() as session:
        step = evidencing.record_step(session, actor(), span, given, at=runtime.now())
    flash(f"Span {span} is {step.level}.", "success")
    return redirect(url_for("evidence.show", span=span))


@evidence.post("/decide/<path:span>")
@shown_again_by(show)
def decide(span: str) -> Response:
    """Accept what was tested, or return it."""
    given = read_form(DecisionRequest())
    with runtime.transaction() as session:
        step = evidencing.decide_evidence(session, actor(), span, *given, at=runtime.now())
    flash(f"Span {span} is {step.level}.", "success")
    return redirect(url_for("evidence.show", span=span))


@evidence.post("/attach/<path:span>")
@shown_again_by(show)
def attach(span: str) -> Response:
    """Keep a file with the span."""
    given, sent = read_form(AttachmentRequest()), request.files.get("file")
    name, data = (sent.filename or "", sent.read()) if sent else ("", b"")
    file = NewFile(name, data, given["pair_number"])
    with runtime.transaction() as session:
        kept = evidencing.attach_file(session, actor(), span, file, at=runtime.now(), chooser=runtime.chooser())
    flash(f"{kept.name} is attached as {kept.reference}.", "success")
    return redirect(url_for("evidence.show", span=span))


@evidence.get("/files/<attachment>")
def download(attachment: str) -> Response:
    """A file that is kept with a span, as it was attached."""
    with runtime.reading() as session:
        file = evidencing.attached_file(session, actor(), attachment)
        name, content = file.name, file.content
    sent: Response = send_file(io.BytesIO(content), "application/octet-stream", as_attachment=True, download_name=name)
    return sent


@evidence.get("/traces/<attachment>")
def trace(attachment: str, problems: Sequence[Problem] = (), values: Mapping[str, Any] | None = None) -> str:
    """A trace: its picture with the table of its events, and how it compares with the record."""
    with runtime.reading() as session:
        compared = evidencing.trace_of(session, actor(), attachment)
    return render("evidence/trace.html", compared=compared, picture=picture_of(compared.measured), problems=problems)


@evidence.post("/traces/<attachment>/length")
@shown_again_by(trace)
def take_over_length(attachment: str) -> Response:
    """Set the length of the span to what the trace measured."""
    with runtime.transaction() as session:
        span = evidencing.take_over_length(session, actor(), attachment, at=runtime.now())
        words = f"Span {span.code} is {span.length_m:,.1f} m long now, measured by OTDR."
    flash(words, "success")
    return redirect(url_for("evidence.trace", attachment=attachment))
