"""Cells that a spreadsheet would run as formulas, written so that none does, and read back as they were."""

from __future__ import annotations

import re

FORMULA = re.compile(r"'*[=+\-@\t\r]")
QUOTED = re.compile(r"'+[=+\-@\t\r]")
NEGATIVE = re.compile(r"-\d+(\.\d+)?")


def formula_safe(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula: with an apostrophe before it, if it needs one.

    A negative number is left as it is: it runs nothing, and as text nobody could count with it.

    >>> formula_safe("=1+1"), formula_safe("-2.24"), formula_safe("Invoice")
    ("'=1+1", '-2.24', 'Invoice')
    """
    return f"'{text}" if FORMULA.match(text) and not NEGATIVE.fullmatch(text) else text


def without_guard(text: str) -> str:
    """Return a cell without the apostrophe that `formula_safe`, or a careful person, put before it.

    Only before what would begin a formula: an apostrophe anywhere else is part of a name, such as 's-Gravenhage.

    >>> without_guard("'=1+1"), without_guard("'s-Gravenhage")
    ('=1+1', "'s-Gravenhage")
    """
    return text[1:] if QUOTED.match(text) else text
