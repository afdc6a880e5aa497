"""OTDR files: what is read of them, what is refused, and how a trace compares with the record."""

from __future__ import annotations

import pytest

from cni.assets.otdr import Measured, TraceEvent, limit_at, verdict
from cni.formats.traces import MOST_BYTES, read_trace
from cni.primitives.errors import Invalid
from tests.sor import MEASURED_AT, write_sor


def test_a_trace_is_read_with_its_wavelength_length_loss_and_events():
    read = read_trace(write_sor(1_234.5, wavelength_nm=1550, loss_db=0.31, events=[(400, 0.05), (900, 0.12)]))

    assert (read["wavelength_nm"], read["loss_db"]) == (1550.0, 0.31)
    assert read["length_m"] == pytest.approx(1_234.5, abs=0.1)
    assert read["measured_at"] == MEASURED_AT.isoformat()
    assert [(event["kind"], event["loss_db"], event["reflectance_db"]) for event in read["events"]] == [
        ("non-reflective", 0.05, None),
        ("non-reflective", 0.12, None),
        ("reflective", 0.0, -45.0),
    ]
    assert [event["is_end"] for event in read["events"]] == [False, False, True]


@pytest.mark.parametrize(
    "data",
    [
        b"Map\0",
        b"no trace at all",
        write_sor()[:-60],
        write_sor(version=100),
        write_sor(wavelength_nm=3),
        write_sor(0.0, events=()),
        b"Map\0" + b"\xff" * 2_000,
    ],
)
def test_what_is_no_trace_is_refused_with_a_remedy(data):
    with pytest.raises(Invalid) as refusal:
        read_trace(data)

    assert [problem.code for problem in refusal.value.problems] == ["not_a_trace"]


def test_the_process_that_reads_a_trace_takes_nothing_from_the_surroundings(monkeypatch, tmp_path):
    (tmp_path / "otdrparser.py").write_text("raise SystemExit(1)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    assert read_trace(write_sor(1_234.5))["length_m"] == pytest.approx(1_234.5, abs=0.1)


def test_a_file_that_is_too_large_is_not_even_looked_at():
    with pytest.raises(Invalid) as refusal:
        read_trace(b"Map\0" + bytes(MOST_BYTES))

    assert refusal.value.problems[0].code == "too_large"


def words(length_m=1_000.0, *, of=1_000.0, loss_db=0.3, nm=1310.0, events=()):
    return [(finding.is_good, finding.words) for finding in verdict(Measured(nm, length_m, loss_db, events), of)]


def test_a_trace_that_agrees_says_so():
    assert words() == [
        (True, "The length agrees with the record: 1,000 m for 1,000 m."),
        (True, "It loses 0.30 dB/km at 1,310 nm, within the limit of 0.40."),
    ]


@pytest.mark.parametrize(("length_m", "agrees"), [(1_020, True), (1_021, False), (980, True), (979, False)])
def test_a_length_may_differ_by_two_per_cent(length_m, agrees):
    assert words(length_m)[0][0] is agrees


def test_a_short_span_may_differ_by_ten_metres():
    assert words(60.0, of=50.0)[0][0] is True
    assert words(60.5, of=50.0)[0][0] is False


@pytest.mark.parametrize(("nm", "limit"), [(1310, 0.40), (1550, 0.28), (1590, 0.40), (1490, None), (850, None)])
def test_the_limit_depends_on_the_wavelength(nm, limit):
    assert limit_at(nm) == limit


def test_too_much_loss_and_events_beyond_the_end_are_told():
    beyond = TraceEvent(1_400.0, "reflective", 0.1)

    said = words(1_500.0, loss_db=0.9, nm=1550.0, events=(beyond,))

    assert [good for good, _ in said] == [False, False, False]
    assert said[0][1] == "The fibre is 500 m longer than the record's 1,000 m."
    assert said[1][1] == "It loses 0.60 dB/km at 1,550 nm, more than the limit of 0.28."
    assert said[2][1] == "An event lies beyond the span's end, at 1,400 m."


def test_what_cannot_be_judged_is_neither_good_nor_bad():
    assert words(loss_db=None)[1] == (None, "The file says no loss.")
    assert words(nm=1625.0)[1] == (True, "It loses 0.30 dB/km at 1,625 nm, within the limit of 0.40.")
    assert words(nm=1490.0)[1][0] is None
