"""What a file says of plant that is not live: proposed and waiting for the network steward, or withdrawn."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from cni.assets.drafts import PlantDrafts, SiteDraft, SpanDraft
from cni.assets.imports.differences import Differences
from cni.assets.imports.standing import NotLive, World
from cni.primitives.errors import Problem

WAIT = "Wait until the network steward has decided; or have it refused, and bring the file again."


def refused_for_waiting(drafts: PlantDrafts, found: Differences, world: World) -> Iterator[Problem]:
    """Yield a problem for each row of plant that was withdrawn, that differs from what is proposed, or that would
    join what is: the steward may still refuse that.
    """
    yield from _unlike(drafts.sites, {site.code for site in found.changed_sites}, world.not_live_sites)
    yield from _unlike(drafts.spans, {span.code for span in found.changed_spans}, world.not_live_spans)
    for span in (*found.added_spans, *found.changed_spans):
        for column, end in (("a", span.a), ("z", span.z)):
            there = world.not_live_sites.get(end.casefold())
            if there is not None and there.left_on is None:
                message = f"{end}, where it ends, is proposed in {there.reference} and not live yet."
                yield Problem("still_proposed", message, WAIT, None, span.file, span.row, column)


def _unlike(
    drafts: Collection[SiteDraft | SpanDraft], changed: Collection[str], not_live: Mapping[str, NotLive]
) -> Iterator[Problem]:
    for draft in drafts if not_live else ():
        there = not_live.get(draft.code.casefold())
        if there is not None and there.left_on is not None:
            day = f"{there.left_on.day} {there.left_on:%B %Y}"
            message = f"{draft.code} was withdrawn or replaced on {day}; its records keep its id."
            remedy = "Give what lies there now an id of its own, or leave the row out."
            yield Problem("withdrawn", message, remedy, None, draft.file, draft.row, "id")
        elif there is not None and draft.code in changed:
            message = f"{draft.code} is proposed in {there.reference}, and the file says something else of it."
            yield Problem("still_proposed", message, WAIT, None, draft.file, draft.row, "id")


def waits(drafts: PlantDrafts, found: Differences, world: World) -> Iterator[Problem]:
    """Yield one remark for all plant of the file that is proposed already, just as the file says."""
    unlike = {draft.code.casefold() for draft in (*found.changed_sites, *found.changed_spans)}
    same = [
        (draft, there)
        for kind, not_live in ((drafts.sites, world.not_live_sites), (drafts.spans, world.not_live_spans))
        for draft in (kind if not_live else ())
        if (there := not_live.get(draft.code.casefold())) and not there.left_on and draft.code.casefold() not in unlike
    ]
    if same:
        where = " and ".join(sorted({there.reference for _, there in same}))
        are = "1 row is" if len(same) == 1 else f"{len(same):,} rows are"
        message = f"{are} as proposed in {where} already: unchanged, and waiting for the network steward."
        yield Problem("waits", message, "Nothing has to be done for those.", file=same[0][0].file)
