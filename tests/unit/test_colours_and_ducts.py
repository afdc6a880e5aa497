"""The colours of fibres, and how full a duct is."""

from __future__ import annotations

from decimal import Decimal

import pytest

from cni.assets.colours import ORDERS, SHOWN, ColourScheme, colour_at, colour_of
from cni.assets.duct_fill import cables_of, fill_of

TIA, FOTAG = ColourScheme.TIA_598, ColourScheme.FOTAG


def test_tia_598_begins_with_its_twelve_colours():
    words = ["blue", "orange", "green", "brown", "slate", "white", "red", "black", "yellow", "violet", "rose", "aqua"]

    assert [colour_at(place, TIA).words for place in range(1, 13)] == words


def test_the_uk_scheme_names_grey_pink_and_turquoise():
    assert [colour_at(place, FOTAG).word for place in (5, 11, 12)] == ["grey", "pink", "turquoise"]


@pytest.mark.parametrize(("scheme", "words"), [(TIA, "black with yellow marks"), (FOTAG, "natural with black marks")])
def test_the_twentieth_is_told_from_the_eighth(scheme, words):
    assert colour_at(20, scheme).words == words
    assert colour_at(13, scheme).words == "blue with black marks"


@pytest.mark.parametrize("scheme", ColourScheme)
def test_in_a_tube_no_two_of_24_look_alike(scheme):
    seen = [colour_of(fibre, scheme, 24).colour for fibre in range(1, 25)]

    assert len({colour.words for colour in seen}) == 24
    assert len({(colour.shown, colour.marks) for colour in seen}) == 24


@pytest.mark.parametrize(
    ("fibre", "tube", "place"), [(1, 1, 1), (12, 1, 12), (13, 2, 1), (144, 12, 12), (145, 13, 1), (288, 24, 12)]
)
def test_fibres_are_counted_through_the_tubes(fibre, tube, place):
    at = colour_of(fibre, TIA, 12)

    assert (at.tube, at.place) == (tube, place)
    assert at.tube_colour == colour_at(tube, TIA)
    assert at.colour == colour_at(place, TIA)


def test_every_colour_can_be_shown():
    assert {word for order in ORDERS.values() for word in order} <= SHOWN.keys()


def test_there_is_no_fibre_0_and_no_tube_of_none():
    with pytest.raises(ValueError, match="place"):
        colour_of(0, TIA, 12)
    with pytest.raises(ValueError, match="at least one"):
        colour_of(1, TIA, 0)


def full(*diameters, bore="100"):
    return fill_of(Decimal(bore), [None if each is None else Decimal(each) for each in diameters])


def test_a_duct_is_as_full_as_the_areas_in_it():
    fill = full("30", "40")

    assert (fill.percent, fill.left_mm) == (Decimal("25.0"), Decimal("38.7"))
    assert not fill.is_tight


def test_at_40_per_cent_it_is_not_tight_and_at_50_not_over_filled():
    at_40, at_50, above = full("20", "60"), full("50", "50"), full("50", "50", "10")

    assert (at_40.percent, at_40.is_tight, at_40.left_mm) == (40, False, 0)
    assert (at_50.percent, at_50.is_tight, at_50.is_overfilled) == (50, True, False)
    assert (above.is_tight, above.is_overfilled) == (False, True)


def test_a_cable_of_unknown_diameter_is_counted_apart():
    fill = full("10", None)

    assert (fill.percent, fill.unknown) == (Decimal("1.0"), 1)


@pytest.mark.parametrize(
    ("origins", "cables"),
    [
        ({"A": [], "B": []}, [["A"], ["B"]]),
        ({"A.1": ["A"], "B": [], "A.2": ["A"]}, [["B"], ["A.1", "A.2"]]),
        ({"A.1": ["A"], "A.2.1": ["A.2", "A"], "A.2.2": ["A.2", "A"]}, [["A.1", "A.2.1", "A.2.2"]]),
        ({"A.1": ["A"], "B.2": ["B"], "M": ["A.2", "B.1", "A", "B"]}, [["B.2", "A.1", "M"]]),
    ],
)
def test_what_came_of_one_span_is_one_cable(origins, cables):
    assert cables_of(origins) == cables


def test_an_empty_duct_has_room_for_two_fifths_of_its_area():
    assert full().left_mm == Decimal("63.2")
