"""Files that are kept with spans: surveys, photographs, OTDR traces. They are attached on pages."""

from __future__ import annotations

import io
from typing import Any

from flask import send_file

from cni import runtime
from cni.api.bearer import actor
from cni.api.frame import Resources
from cni.api.paging import page_answer
from cni.operations import evidencing
from cni.schemas.evidence import AttachmentOfSpanView, AttachmentQuery
from cni.schemas.paging import page_of, page_request

attachments = Resources("attachments", __name__, url_prefix="/attachments", description="Files kept with spans")

BYTES = "application/octet-stream"


@attachments.get("")
@attachments.arguments(AttachmentQuery, location="query")
@attachments.response(200, page_of(AttachmentOfSpanView))
def list_attachments(query: dict[str, Any]) -> Any:
    """List the files kept with your member's spans (staff: all), the newest first."""
    with runtime.reading() as session:
        page = evidencing.list_attachments(session, actor(), page_request(query), span=query.get("span"))
    return page_answer(page)


@attachments.get("/<attachment>")
@attachments.response(200, AttachmentOfSpanView)
def find_attachment(attachment: str) -> Any:
    """Find a file, content aside, with what was read from it if it is an OTDR trace."""
    with runtime.reading() as session:
        return evidencing.attached_file(session, actor(), attachment)


@attachments.get("/<attachment>/content")
@attachments.response(200, {"type": "string", "format": "binary"}, content_type=BYTES, description="The file's content")
def attachment_content(attachment: str) -> Any:
    """Download a file as it was attached."""
    with runtime.reading() as session:
        file = evidencing.attached_file(session, actor(), attachment)
        name, content = file.name, file.content
    return send_file(io.BytesIO(content), BYTES, as_attachment=True, download_name=name)
