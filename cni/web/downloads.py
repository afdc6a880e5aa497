"""Files that pages offer for download."""

from __future__ import annotations

from flask import current_app
from werkzeug.wrappers import Response


def csv_file(name: str, text: str) -> Response:
    """Return a CSV file of that name; its mark tells spreadsheets that it is UTF-8."""
    response: Response = current_app.response_class("\ufeff" + text, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response
