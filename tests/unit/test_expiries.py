"""What ends on a route before a lease does, and what is said of it."""

from __future__ import annotations

from datetime import date

from cni.assets.expiries import Cover, RegisterKind, outlived, sentences
from cni.primitives.period import Period

LEASE = Period(date(2027, 1, 1), date(2030, 1, 1))


def cover(ends_on, code="S1", party="A landowner", kind=RegisterKind.WAYLEAVE):
    return Cover(kind, "span", code, party, ends_on)


def told(*covers, period=LEASE):
    return list(sentences(outlived(covers, period), period))


def test_what_ends_with_the_lease_or_after_it_or_never_is_not_told():
    assert told(cover(date(2030, 1, 1)), cover(date(2031, 1, 1)), cover(None)) == []


def test_what_ends_a_day_before_is_told_with_its_last_day():
    assert told(cover(date(2029, 12, 31))) == [
        "The wayleave for span S1 ends on 30 December 2029, 1 day before this lease would."
    ]


def test_the_soonest_is_told_first_and_what_has_ended_already_too():
    first, second = told(cover(date(2029, 4, 1), kind=RegisterKind.FUNDING), cover(date(2026, 1, 1), "S2"))

    assert first == "The wayleave for span S2 ended on 31 December 2025, before this lease would start."
    assert second == "The funding condition for span S1 ends on 31 March 2029, 9 months before this lease would."


def test_a_renewal_with_the_same_party_counts_instead_of_what_it_renews():
    assert told(cover(date(2028, 1, 1), party="The Estate"), cover(date(2040, 1, 1), party="the estate ")) == []


def test_another_party_over_the_same_span_counts_beside_the_first():
    assert len(told(cover(date(2028, 1, 1), party="The Estate"), cover(date(2040, 1, 1), party="The Canal"))) == 1


def test_two_with_the_same_end_are_one_sentence_that_names_nobody():
    said = told(cover(date(2028, 1, 1), party="The Estate"), cover(date(2028, 1, 1), party="The Canal"))

    assert len(said) == 1
    assert "Estate" not in said[0]


def test_a_lease_without_an_end_outlives_whatever_has_one():
    assert told(cover(date(2040, 1, 1)), period=Period(date(2027, 1, 1))) == [
        "The wayleave for span S1 ends on 31 December 2039; this lease has no end."
    ]
