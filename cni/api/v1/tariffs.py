"""The tariff: the same for everyone."""

from __future__ import annotations

from typing import Any

from cni import runtime
from cni.api.bearer import actor
from cni.api.frame import Resources
from cni.operations import publishing
from cni.schemas.leases import TariffsView, TariffView

tariffs = Resources("tariffs", __name__, url_prefix="/tariffs", description="The published prices")


@tariffs.get("/current")
@tariffs.response(200, TariffView)
def current_tariff() -> Any:
    """Find the version of the tariff that is in force today."""
    with runtime.reading() as session:
        return publishing.tariff_on(session, actor(), runtime.today())


@tariffs.get("")
@tariffs.response(200, TariffsView)
def list_tariffs() -> Any:
    """List every version of the tariff, oldest first."""
    with runtime.reading() as session:
        return {"items": publishing.tariffs(session, actor())}
