"""Answer refusals and faults, for both doors: a page, an htmx fragment, or problem+json under /api/."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, json, render_template, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.wrappers import Response

from cni import runtime
from cni.config import MEGABYTE
from cni.primitives.errors import CniError, NotNow
from cni.primitives.ids import new_reference
from cni.schemas.problems import as_problem_json
from cni.web.session import API_PREFIX

log = logging.getLogger(__name__)

SENTENCES = {
    400: ("Not understood", "The request could not be read. On a page: load it anew and try once more."),
    401: ("Not signed in", None),
    404: ("Not found", "There is no such thing here."),
    405: ("Not possible here", "This address does not take that kind of request."),
    415: ("Wrong kind of content", "Send JSON, with `Content-Type: application/json`."),
}
"""Title and detail of what Flask itself refuses, by status; no detail: what was said on raising."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said of a refusal, whichever door it goes out by."""

    status: int
    document: dict[str, Any]
    problems: tuple[Any, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()


def register_errors(app: Flask) -> None:
    """Let every error of both doors be answered here."""
    app.register_error_handler(CniError, _answer_refusal)
    app.register_error_handler(HTTPException, _answer_http)
    app.register_error_handler(Exception, _answer_fault)


def _answer_refusal(error: CniError) -> Response:
    document = as_problem_json(error)
    headers = (("Retry-After", str(error.retry_after_s)),) if isinstance(error, NotNow) else ()
    return _respond(Answer(document["status"], document, error.problems, headers))


def _answer_http(error: HTTPException) -> Response:
    if error.code is None or error.code < 400:
        return error.get_response()
    title, detail = SENTENCES.get(error.code, (error.name, None))
    if isinstance(error, RequestEntityTooLarge):
        title, detail = "Too large", _too_large()
    document = {
        "type": "about:blank",
        "title": title,
        "status": error.code,
        "detail": detail or error.description or title,
        "code": error.name.lower().replace(" ", "_"),
    }
    kept = ("WWW-Authenticate", "Allow", "Retry-After")
    headers = tuple((name, value) for name, value in error.get_headers() if name in kept)
    return _respond(Answer(error.code, document, headers=headers))


def _too_large() -> str:
    limit_mb = current_app.config["MAX_CONTENT_LENGTH"] // MEGABYTE
    return f"More than {limit_mb} MB cannot be sent at once. Split the file and send its parts."


def _answer_fault(error: Exception) -> Response:
    if current_app.testing:
        raise error
    reference = new_reference("FLT", runtime.chooser())
    log.error("fault %s on %s %s", reference, request.method, request.path, exc_info=error)
    document = {
        "type": "about:blank",
        "title": "A fault of ours",
        "status": 500,
        "detail": f"Something went wrong here, and nothing was saved. If it happens again, tell us: {reference}.",
        "code": "fault",
        "reference": reference,
    }
    return _respond(Answer(500, document))


def _respond(answer: Answer) -> Response:
    if request.path.startswith(API_PREFIX):
        body, content_type = json.dumps(answer.document), "application/problem+json"
    else:
        template = "error_fragment.html" if request.headers.get("HX-Request") else "error.html"
        body, content_type = render_template(template, **_facts(answer)), "text/html; charset=utf-8"
    response = current_app.response_class(body, status=answer.status, content_type=content_type)
    response.headers.extend(answer.headers)
    return response


def _facts(answer: Answer) -> dict[str, Any]:
    return {
        "error_title": answer.document["title"],
        "error_detail": answer.document["detail"],
        "problems": answer.problems,
        "status_code": answer.status,
    }
