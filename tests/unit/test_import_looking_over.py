"""What is odd about plant without being wrong, and how it counts."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cni.assets.checks import KnownPlant
from cni.assets.drafts import PlantDrafts, SiteDraft, SpanDraft
from cni.assets.imports.differences import compare
from cni.assets.imports.looking_over import MOST_COMPARED, look_over
from cni.assets.imports.quality import quality_of
from cni.assets.imports.standing import Held, World
from cni.assets.words import LengthBasis, SiteKind
from cni.primitives.errors import Problem
from cni.primitives.geo import length_m

PLACES = {"a": (-2.24, 53.48), "b": (-2.23, 53.48), "c": (-2.22, 53.48), "d": (-2.2195, 53.48), "e": (-2.21, 53.48)}


def span(code, a, z, *bends, **more):
    line = (PLACES[a], *bends, PLACES[z])
    given = {
        "geometry": line, "length_m": Decimal(str(round(length_m(line), 3))), "length_basis": LengthBasis.AS_BUILT,
        "fibre_owner": "council", "duct_owner": "council-ducts", "fibres": 24, "reserved_pairs": 2,
        "offered_pairs": 4, "risks": (),
    }  # fmt: skip
    return SpanDraft(file="f", row=1, code=code, a=a, z=z, **(given | more))


def site(code, position):
    return SiteDraft(file="f", row=1, code=code, name=code, kind=SiteKind.CHAMBER, position=position, owner=None)


def codes(*spans, joins=()):
    return sorted(remark.code for remark in look_over(spans, PLACES, joins, set()))


def test_sound_spans_are_left_in_peace():
    assert codes(span("S1", "a", "b"), span("S2", "b", "c")) == []


@pytest.mark.parametrize(
    ("odd", "code"),
    [
        (span("S", "a", "b", (-2.235, 53.482), (-2.237, 53.482), (-2.234, 53.478)), "self_crossing"),
        (span("S", "a", "b", length_m=Decimal(5000)), "odd_length"),
        (span("S", "a", "b", length_m=Decimal(100)), "odd_length"),
        (span("S", "a", "b", fibres=23), "odd_fibres"),
        (span("S", "a", "b", duct_owner=None), "no_duct_owner"),
    ],
)
def test_one_odd_span_has_one_remark(odd, code):
    assert codes(odd) == [code]


def test_the_same_ends_and_nearly_the_same_line_look_like_one_span_twice():
    assert codes(span("S1", "a", "b"), span("S2", "b", "a", (-2.235, 53.48001))) == ["duplicate_span"]
    assert codes(span("S1", "a", "b"), span("S2", "a", "b", (-2.235, 53.483))) == []


def test_spans_of_other_ends_that_share_most_of_their_line_overlap():
    assert codes(span("S1", "a", "c", PLACES["b"]), span("S2", "b", "c")) == ["overlapping_spans"]


def test_spans_along_one_line_overlap_wherever_their_points_are():
    along = span("S2", "b", "c", (-2.2255, 53.480005), (-2.2231, 53.479995))
    assert codes(span("S1", "a", "c", (-2.237, 53.48)), along) == ["overlapping_spans"]
    beside = span("S2", "b", "c", (-2.2255, 53.4801), (-2.2231, 53.4801))
    assert codes(span("S1", "a", "c", (-2.237, 53.48)), beside) == []


def test_it_is_told_how_much_of_the_shorter_span_runs_along_the_longer():
    long = span("S1", "a", "e", (-2.214, 53.48), (-2.214, 53.485))
    found = look_over([long, span("S2", "b", "e")], PLACES, (), set())
    assert [remark.message for remark in found if remark.code == "overlapping_spans"] == [
        "It runs along S1 for 80 % of the shorter."
    ]


def test_spans_of_the_same_ends_are_not_said_to_overlap_too():
    assert codes(span("S1", "a", "c"), span("S2", "c", "a")) == ["duplicate_span"]


def test_long_lines_that_wind_are_compared_point_by_point():
    """Laid over each other whole, for each pair anew, these take many minutes."""
    rise = np.random.default_rng(1).normal(size=20_000) * 2e-4
    winding = [(-2.24 + 0.02 * n / len(rise), 53.48 + up) for n, up in enumerate(rise.tolist())][1:-1]
    trunks = [span(f"T{n}", "a", "c", *winding) for n in range(4)]
    found = look_over([*trunks, *[span("S", "b", "c")] * 100], PLACES, (), set())
    assert [remark.message for remark in found if remark.code == "duplicate_span"] == [
        *["It joins the same sites along the same line as T0."] * 3,
        *["It joins the same sites along the same line as S."] * (MOST_COMPARED - 1),
    ]


def test_spans_that_meet_cross_or_are_short_do_not_overlap():
    crossing = span("S2", "b", "e", (-2.225, 53.481), (-2.225, 53.479))
    assert codes(span("S1", "a", "c", (-2.237, 53.48)), crossing) == []
    assert codes(span("S1", "b", "c"), span("S2", "a", "b"), span("S3", "c", "e", (-2.215, 53.481))) == []


def test_parts_of_the_network_that_come_near_and_do_not_meet_are_named():
    apart = [span("S1", "a", "c"), span("S2", "d", "e")]
    assert codes(*apart) == ["gap"]
    assert codes(*apart, joins=[("a", "e")]) == []


def test_plant_far_from_all_that_stands_is_told_once():
    places = {**PLACES, "x": (-2.24, 50.48), "y": (-2.23, 50.48)}
    (far,) = look_over([], places, (), {"x", "y"}, {"a", "b"})
    assert (far.code, far.message) == (
        "far_away", "2 sites are 334 km or more from the nearest plant of the co-operative."
    )  # fmt: skip
    assert look_over([], places, (), {"c"}, {"a", "b"}) == []
    assert look_over([], places, (), {"x", "y"}, ()) == []


def test_quality_loses_a_row_for_a_problem_and_a_quarter_for_a_remark():
    fault = [Problem("bad_id", "", "", file="f", row=1)]
    odd = [Problem("odd_length", "", "", file="f", row=row) for row in (1, 2, 3)]
    note = [Problem("ends_found", "", "", file="f", row=row) for row in (4, 5)]
    quality = quality_of(10, fault, odd + note)
    assert (quality.points, [(part.rows, part.points) for part in quality.parts]) == (85, [(1, 10), (2, 5)])
    assert quality_of(10, [], note).points == 100


STANDING = span("S1", "a", "b")


def compared(given_span, held=None):
    world = World(known=KnownPlant(), spans={"s1": STANDING}, held={"s1": held} if held else {})
    return compare(PlantDrafts(spans=(given_span,)), world)


@given(st.lists(st.tuples(st.floats(-2e-7, 2e-7), st.floats(-2e-7, 2e-7)), min_size=2, max_size=2), st.booleans())
def test_rounding_and_direction_change_nothing(shifts, backward):
    line = tuple((x + dx, y + dy) for (x, y), (dx, dy) in zip(STANDING.geometry, shifts, strict=True))
    ends = ("B", "A") if backward else ("A", "B")
    same = span("s1", "a", "b", geometry=line[::-1] if backward else line)
    object.__setattr__(same, "a", ends[0])
    object.__setattr__(same, "z", ends[1])
    assert compared(same).unchanged_spans == 1


def test_leases_keep_ends_owner_and_enough_offered_pairs_and_let_a_new_survey_in():
    held = Held(now=frozenset({3, 4}), ever=4)
    found = compared(span("S1", "a", "c", fibre_owner="other", offered_pairs=1, fibres=6), held)
    assert {left.column for left in found.left_alone} >= {"z", "fibre_owner", "offered_pairs", "fibres"}
    assert found.unchanged_spans == 1
    survey = compared(span("S1", "a", "b", length_m=Decimal(700), offered_pairs=2), held)
    assert (survey.left_alone, list(survey.changes[0].after)) == ([], ["length_m", "offered_pairs"])


@given(st.integers(0, 6), st.integers(0, 6))
def test_pairs_that_leases_hold_stay_among_those_offered(reserved, offered):
    held = Held(now=frozenset({3, 5}), ever=5)
    found = compared(span("S1", "a", "b", reserved_pairs=reserved, offered_pairs=offered), held)
    kept = (found.changed_spans or [STANDING])[0]
    assert all(kept.reserved_pairs < number <= kept.reserved_pairs + kept.offered_pairs for number in held.now)


def test_a_site_where_leased_fibre_ends_does_not_go_elsewhere():
    world = World(known=KnownPlant(), sites={"x": site("X", (-2.2, 53.4))}, leased_ends=frozenset({"x"}))
    moved = compare(PlantDrafts(sites=(site("X", (-2.1, 53.4)),)), world)
    assert (moved.unchanged_sites, [left.column for left in moved.left_alone]) == (1, ["latitude"])
    surveyed = compare(PlantDrafts(sites=(site("X", (-2.2001, 53.4)),)), world)
    assert len(surveyed.changed_sites) == 1
