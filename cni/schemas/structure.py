"""How plant is built, as it comes in and goes out: cables, ducts, splices."""

from __future__ import annotations

import csv
from decimal import Decimal, InvalidOperation
from typing import Any

import marshmallow as ma
from marshmallow.validate import Length

from cni.assets.colours import ColourScheme
from cni.operations.structuring import NewCable, NewDuct, NewSplice
from cni.primitives.errors import Invalid, Problem
from cni.schemas.reading import Request, View
from cni.schemas.registers import lines_of

CODE = Length(max=100, error="An id has at most 100 characters.")
SPLICE_COLUMNS = 5


def _measure(label: str, *, required: bool = False) -> ma.fields.Decimal:
    metadata = {"label": label}
    if required:
        return ma.fields.Decimal(required=True, metadata=metadata)
    return ma.fields.Decimal(load_default=None, allow_none=True, metadata=metadata)


class CableRequest(Request):
    """How a cable is built; loads to `NewCable`."""

    scheme = ma.fields.Enum(ColourScheme, by_value=True, required=True, metadata={"label": "The colour scheme"})
    fibres_per_tube = ma.fields.Integer(required=True, metadata={"label": "The number of fibres in a tube"})
    diameter_mm = _measure("The diameter")

    @ma.post_load
    def _cable(self, given: dict[str, Any], **_rest: Any) -> NewCable:
        return NewCable(**given)


class DuctRequest(Request):
    """A duct or sub-duct; loads to `NewDuct`."""

    code = ma.fields.String(required=True, validate=CODE, metadata={"label": "The id"})
    bore_mm = _measure("The bore", required=True)
    length_m = _measure("The length", required=True)
    parent = ma.fields.String(load_default=None, allow_none=True, validate=CODE)
    outer_mm = _measure("The outer diameter")
    spans = ma.fields.List(ma.fields.String(), load_default=list)

    @ma.post_load
    def _duct(self, given: dict[str, Any], **_rest: Any) -> NewDuct:
        return NewDuct(**(given | {"spans": lines_of(given["spans"])}))


class SplicesRequest(Request):
    """Splices, one to a line: span, fibre, span, fibre, loss in dB, with commas; loads to `NewSplice` values."""

    splices = ma.fields.List(ma.fields.String(), load_default=list)

    @ma.post_load
    def _splices(self, given: dict[str, Any], **_rest: Any) -> list[NewSplice]:
        rows = [line for text in given["splices"] for line in text.splitlines()]
        read: list[NewSplice] = []
        problems: list[Problem] = []
        for number, line in enumerate(rows, 1):
            if line.strip():
                _read_line(number, line, read, problems)
        if problems:
            raise Invalid.from_problems(problems)
        return read


def _read_line(number: int, line: str, read: list[NewSplice], problems: list[Problem]) -> None:
    cells = [cell.strip() for cell in next(csv.reader([line]))]
    cells += [""] * (SPLICE_COLUMNS - len(cells))
    try:
        from_span, from_fibre, to_span, to_fibre, loss_db = cells
        loss = Decimal(loss_db) if loss_db else None
        if loss is not None and not loss.is_finite():
            raise InvalidOperation
        read.append(NewSplice(from_span, int(from_fibre), to_span, int(to_fibre), loss))
    except (ValueError, InvalidOperation):
        message = f"Line {number} is not span, fibre, span, fibre, loss."
        remedy = "Write it like DEN-STO, 1, STO-ROC, 1, 0.08; the loss may be left out."
        problems.append(Problem("not_a_splice", message, remedy, "splices", row=number))


class FibreView(View):
    """A fibre of a cable."""

    number = ma.fields.Integer(required=True)
    tube = ma.fields.Integer(attribute="colour.tube", required=True)
    tube_colour = ma.fields.String(attribute="colour.tube_colour.words", required=True)
    colour = ma.fields.String(attribute="colour.colour.words", required=True)
    pair = ma.fields.Integer(allow_none=True)
    state = ma.fields.String(
        allow_none=True, metadata={"description": "reserved, offered, leased, dark or broken; null: not yours to know."}
    )


class StructureView(View):
    """How a span is built; `scheme` null: nobody has said."""

    span = ma.fields.String(attribute="span.code", required=True)
    scheme = ma.fields.String(attribute="cable.scheme", dump_default=None, allow_none=True)
    fibres_per_tube = ma.fields.Integer(attribute="cable.fibres_per_tube", dump_default=None, allow_none=True)
    diameter_mm = ma.fields.Float(attribute="cable.diameter_mm", dump_default=None, allow_none=True)
    fibres = ma.fields.List(ma.fields.Nested(FibreView), required=True)
    ducts = ma.fields.Function(
        lambda structure: [duct.code for duct in structure.ducts],
        metadata={"type": "array", "items": {"type": "string"}, "description": "For its owners and staff."},
    )


class DuctView(View):
    """A duct or sub-duct, what lies in it, and how full it is."""

    code = ma.fields.String(attribute="duct.code", required=True)
    owner = ma.fields.String(attribute="duct.owner.slug", required=True)
    parent = ma.fields.Function(
        lambda facts: facts.duct.parent and facts.duct.parent.code,
        metadata={"type": ["string", "null"], "description": "The duct that it lies in; null: none."},
    )
    bore_mm = ma.fields.Float(attribute="duct.bore_mm", required=True)
    outer_mm = ma.fields.Float(attribute="duct.outer_mm", allow_none=True)
    length_m = ma.fields.Float(attribute="duct.length_m", required=True)
    spans = ma.fields.Function(
        lambda facts: [each.code for each in facts.duct.spans], metadata={"type": "array", "items": {"type": "string"}}
    )
    sub_ducts = ma.fields.Function(
        lambda facts: [each.code for each in facts.duct.sub_ducts],
        metadata={"type": "array", "items": {"type": "string"}},
    )
    fill_percent = ma.fields.Float(attribute="fill.percent", required=True)
    unknown_diameters = ma.fields.Integer(
        attribute="fill.unknown", required=True, metadata={"description": "Cables that are not in `fill_percent`."}
    )
    is_overfilled = ma.fields.Boolean(attribute="fill.is_overfilled", required=True)
    is_spare = ma.fields.Boolean(required=True)


class SpliceView(View):
    """Two fibres joined at a site; `loss_db` null: not measured."""

    from_span = ma.fields.String(attribute="from_span.code", required=True)
    from_fibre = ma.fields.Integer(required=True)
    to_span = ma.fields.String(attribute="to_span.code", required=True)
    to_fibre = ma.fields.Integer(required=True)
    loss_db = ma.fields.Float(allow_none=True)
