"""No cell that we write is run, and each is read back as it was."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cni.primitives.formulas import formula_safe, without_guard


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+44 161 496 0000", "'+44 161 496 0000"),
        ("-cmd|' /C calc'!A0", "'-cmd|' /C calc'!A0"),
        ("@SUM(1)", "'@SUM(1)"),
        ("'=1", "''=1"),
        ("-2.24", "-2.24"),
        ("'s-Gravenhage", "'s-Gravenhage"),
        ("", ""),
    ],
)
def test_a_cell_is_written_so_that_no_spreadsheet_runs_it(text, written):
    assert formula_safe(text) == written


@given(st.text("'=+-@\t\r1.a ") | st.text())
def test_what_was_written_is_read_as_it_was(text):
    assert without_guard(formula_safe(text)) == text


@given(st.text("'=+-@\t\r1.a "))
def test_nothing_but_a_negative_number_begins_as_a_formula_does(text):
    written = formula_safe(text)
    assert written[:1] not in set("=+-@\t\r") or float(written) <= 0
