"""The frame of the API: its OpenAPI 3.1 document, and how a request's problems are told.

Source: OpenAPI Specification 3.1.0; RFC 9457 (problem details); RFC 6750 (bearer tokens).
"""

from __future__ import annotations

import http
import json
from dataclasses import replace
from json import JSONDecodeError
from typing import Any, NoReturn

import marshmallow as ma
from flask import Flask
from flask_smorest import Api, Blueprint
from flask_smorest.utils import prepare_response
from webargs.flaskparser import FlaskParser
from werkzeug.datastructures import CombinedMultiDict
from werkzeug.exceptions import UnsupportedMediaType

from cni.primitives.errors import Invalid, Problem
from cni.schemas.problems import ProblemDocumentView
from cni.schemas.reading import problems_of

PROBLEM_TYPE = "application/problem+json"
BODY = "body"
"""The place of what is wrong with a body as a whole."""
SETTINGS = {
    "API_TITLE": "Cooperative neutral host",
    "API_VERSION": "v1",
    "OPENAPI_VERSION": "3.1.0",
    "OPENAPI_URL_PREFIX": "/api/v1",
    "OPENAPI_JSON_PATH": "openapi.json",
    "API_SPEC_OPTIONS": {
        "info": {
            "description": (
                "Plant, routes, quotes, leases, settlements and documents of a cooperative neutral host. "
                "Make a token on the page “Sessions and tokens” and send it as `Authorization: Bearer cni_…`. "
                "Amounts are whole pence, lengths metres, dates civil days in Europe/London, instants UTC. "
                "Lists are paged: `next` of one page is `after` of the next."
            )
        },
        "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
        "security": [{"token": []}],
    },
}


class ApiV1(Api):
    """The API. It registers no error handler of its own: cni.web.errors answers for both doors."""

    def __init__(self, app: Flask) -> None:
        app.config.update(SETTINGS)
        super().__init__(app)

    def _register_error_handlers(self) -> None:
        pass

    def _register_responses(self) -> None:
        for status in http.HTTPStatus:
            self._document_response(status.name, status.phrase, has_body=status >= 400)
        self._document_response("DEFAULT_ERROR", "A refusal, as a problem document", has_body=True)

    def _register_pagination_header(self) -> None:
        pass  # our pages are by key: a Link header, and `next` in the body

    def _document_response(self, name: str, description: str, *, has_body: bool) -> None:
        response: dict[str, Any] = {"description": description}
        if has_body:
            response["schema"] = ProblemDocumentView
        prepare_response(response, self.spec, PROBLEM_TYPE)
        self.spec.components.response(name, response, lazy=True)


class _Parser(FlaskParser):
    """Reads arguments strictly, and refuses them as every other refusal is told."""

    DEFAULT_UNKNOWN_BY_LOCATION: dict[str, str | None] = {  # noqa: RUF012 - as its base declares it
        **FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION,
        "query": ma.RAISE,
        "json": ma.RAISE,
    }

    def load_json(self, req: Any, schema: ma.Schema) -> Any:
        """Return the body as JSON says it; what stands for none where it is empty.

        Raises:
            Invalid: it is no JSON.
            UnsupportedMediaType: it does not say that it is.
        """
        body = req.get_data()
        if not body:
            return ma.missing
        if not req.is_json:
            raise UnsupportedMediaType
        try:
            return json.loads(body)
        except (ValueError, RecursionError) as error:  # a ValueError too: too many digits, or not UTF-8
            where = f" from line {error.lineno}, column {error.colno} on" if isinstance(error, JSONDecodeError) else ""
            remedy = 'Send one JSON object as UTF-8: {"name": value}.'
            problem = Problem("not_json", f"What was sent cannot be read as JSON{where}.", remedy, BODY)
            raise Invalid.from_problems([problem]) from None

    def load_files(self, req: Any, schema: ma.Schema) -> Any:
        """Return the parts of a form, files and texts."""
        return self._makeproxy(CombinedMultiDict([req.files, req.form]), schema)

    def handle_error(self, error: ma.ValidationError, req: Any, schema: ma.Schema, **_rest: Any) -> NoReturn:
        messages = error.normalized_messages()
        within = next(iter(messages.values()))  # webargs puts the location around them: {"query": {…}}
        problems = problems_of(ma.ValidationError(within), schema)
        raise Invalid.from_problems(problem if problem.place else replace(problem, place=BODY) for problem in problems)


class Resources(Blueprint):
    """A group of resources of the API."""

    ARGUMENTS_PARSER = _Parser()

    def __init__(self, name: str, import_name: str, *, url_prefix: str, description: str) -> None:
        # Both doors are one Flask application: the prefix keeps their endpoints apart.
        super().__init__(f"api-{name}", import_name, url_prefix=f"/api/v1{url_prefix}", description=description)
        self._prepare_doc_cbks.append(self._document_refusals)

    @staticmethod
    def _document_refusals(doc: dict[str, Any], _info: Any, **_rest: Any) -> dict[str, Any]:
        doc.setdefault("responses", {})["default"] = "DEFAULT_ERROR"
        return doc
