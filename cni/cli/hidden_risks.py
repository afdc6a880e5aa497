"""`cni find-hidden-risks`: compare the lines of all live spans."""

from __future__ import annotations

from typing import Any

import click

from cni import runtime
from cni.assets.hidden_risks import HiddenRisk
from cni.cli.main import open_database
from cni.cli.output import answer, json_option
from cni.members.policy import OPERATOR
from cni.operations import surveying
from cni.operations.surveying import ALONG_M, WITHIN_M, Limits


@click.command("find-hidden-risks")
@click.option("--within-m", type=float, default=WITHIN_M, show_default=True, help="How near spans are, in metres.")
@click.option("--along-m", type=float, default=ALONG_M, show_default=True, help="For more than so many metres.")
@json_option
def find_hidden_risks(within_m: float, along_m: float, as_json: bool) -> None:
    """Find spans of different owners that run side by side and share no risk group; the network steward decides."""
    open_database()
    with runtime.transaction() as session:
        waiting = surveying.find_hidden_risks(
            session, OPERATOR, Limits(within_m, along_m), at=runtime.now(), chooser=runtime.chooser()
        )
        document = {"hidden_risks": [_as_json(risk) for risk in waiting]}
        words = [_words(risk) for risk in waiting] or ["No spans of different owners run side by side undeclared."]
    answer(document, "\n".join(words), as_json=as_json)


def _as_json(risk: HiddenRisk) -> dict[str, Any]:
    return {
        "reference": risk.reference,
        "spans": list(risk.span_codes),
        "within_m": float(risk.within_m),
        "metres": float(risk.metres),
        "longitude": risk.longitude,
        "latitude": risk.latitude,
        "lines": risk.lines,
    }


def _words(risk: HiddenRisk) -> str:
    distances = f"{risk.metres:>9,.1f} m  within {float(risk.within_m):g} m"
    return f"{risk.reference}  {distances}  {risk.latitude:.5f}, {risk.longitude:.5f}  {', '.join(risk.span_codes)}"
