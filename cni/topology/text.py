"""Reading the text of an uploaded file."""

from __future__ import annotations

from cni.primitives.errors import Invalid, Problem


def text_of(data: bytes | str) -> str:
    """Return a file's text, read as UTF-8, without a byte-order mark.

    Raises:
        Invalid: some byte is not UTF-8; the problem says which.
    """
    if isinstance(data, str):
        return data.removeprefix("\ufeff")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"Byte {error.start + 1} of the file is not UTF-8 text."
        problem = Problem("bad_encoding", message, "Save the file with the encoding UTF-8.", f"byte {error.start + 1}")
        raise Invalid.from_problems([problem]) from error
