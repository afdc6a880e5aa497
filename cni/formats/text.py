"""Text out of bytes, in whatever encoding it came; and XML that holds no entities before a parser sees it."""

from __future__ import annotations

import codecs
import re
from xml.parsers import expat

from cni.formats.layers import refused_file

MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
"""By the mark at the beginning; the longer before those that they begin with."""
READ_AS_WINDOWS = (
    "The file is not in UTF-8 and was read as Windows-1252, the usual encoding of older programs: look at names with "
    "accents, dashes and quotes. To be sure, save it as “CSV UTF-8”."
)
DECLARED = re.compile(r"<\?xml\b(?:[^>]*?\bencoding\s*=\s*[\"']([^\"']*)[\"'])?[^>]*\?>")
DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>'
XML_ENCODINGS = {"utf-8", "utf-16", "iso8859-1", "iso8859-15", "cp1252", "ascii"}
PROLOG = re.compile(r"\s+|<\?.*?\?>|<!--.*?-->", re.DOTALL)
SCHEMA_LOCATION = re.compile(r"\b(schemaLocation|noNamespaceSchemaLocation)(\s*=)")


def encoding_of(data: bytes) -> str | None:
    """Return the encoding that the first bytes of a text give away: by its mark, or by zeros between Latin letters."""
    for mark, encoding in MARKS.items():
        if data.startswith(mark):
            return encoding
    head = data[:200]
    even, odd = head[::2].count(0), head[1::2].count(0)
    if len(head) >= 4 and max(even, odd) > len(head) // 4:
        return "utf-16-le" if odd > even else "utf-16-be"
    return None


def decoded(data: bytes) -> tuple[str, tuple[str, ...]]:
    """Return a text, and what a person should know of how it was read.

    Raises:
        FileRefused: it is no text.
    """
    encoding = encoding_of(data)
    try:
        return data.decode(encoding or "utf-8"), ()
    except UnicodeDecodeError as error:
        if encoding is None and b"\0" not in data:
            return data.decode("cp1252", errors="replace"), (READ_AS_WINDOWS,)
        raise refused_file(
            "bad_encoding", "The file is not text, or in an encoding that cannot be told.", "Save it as UTF-8."
        ) from error


def clean_xml(data: bytes) -> bytes:
    """Return an XML document as plain UTF-8 that holds no entities and names no other file; it is well-formed.

    Only what stands before the first element can declare entities, so that is where to look: a page of HTML in a
    description is left alone.

    Raises:
        FileRefused: it declares a document type or entities, is in a rare encoding, is cut short or not XML.
    """
    text = _xml_text(data)
    declared = DECLARED.match(text)
    start = 0
    while found := PROLOG.match(text, start):
        start = found.end()
    if text.startswith("<!", start) and not text.startswith("<!--", start):
        raise refused_file(
            "entities",
            "The file declares a document type (DOCTYPE), which can make entities without end or read other files.",
            "Export it again without a DOCTYPE; no map program needs one.",
        )
    rest = SCHEMA_LOCATION.sub(r"notTaken\2", text[declared.end() :] if declared else text)
    plain = DECLARATION + rest.encode("utf-8", errors="replace")
    _refuse_unless_well_formed(plain)
    return plain


def _xml_text(data: bytes) -> str:
    encoding = encoding_of(data)
    if encoding is None:
        declared = DECLARED.match(data[:200].decode("latin-1"))
        encoding = (declared and declared[1]) or "utf-8"
    try:
        if encoding not in (*MARKS.values(), "utf-16-le", "utf-16-be"):
            encoding = codecs.lookup(encoding).name
            if encoding not in XML_ENCODINGS:
                raise LookupError(encoding)
        return data.decode(encoding)
    except (LookupError, ValueError) as error:
        message = "The file is not in the encoding that it declares, or that is one we do not read."
        raise refused_file("bad_encoding", message, "Save it as UTF-8.") from error


def _refuse_unless_well_formed(plain: bytes) -> None:
    parser = expat.ParserCreate("utf-8")
    try:
        parser.Parse(plain, True)
    except expat.ExpatError as error:
        if error.code in (expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS], *CUT_SHORT):
            message = f"The file stops in the middle, in line {error.lineno}."
            raise refused_file(
                "truncated", message, "Send it again, whole; it may have been cut in transit."
            ) from error
        message = f"The file is not well-formed XML: {error}."
        raise refused_file("unreadable", message, "Export it again from the program that made it.") from error


CUT_SHORT = tuple(
    expat.errors.codes[each]
    for each in (
        expat.errors.XML_ERROR_UNCLOSED_TOKEN,
        expat.errors.XML_ERROR_PARTIAL_CHAR,
        expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
    )
)
