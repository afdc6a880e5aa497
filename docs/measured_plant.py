"""The part of the page of measurements that is about plant: bringing much of it in, and drawing it in tiles."""

from __future__ import annotations

from typing import Any

VISITORS = {"public_mercator": "the public", "member_grid": "a member", "staff_grid": "staff"}


def plant_import(result: dict[str, Any]) -> str:
    """Return the section about importing."""
    seconds = result["seconds"]
    rows = [
        ("reading the file with pyogrio", seconds["read"]),
        ("writing its spans with COPY", seconds["copy"]),
        ("writing their fibre pairs with COPY", seconds["copy_pairs"]),
        ("**the import**: read in a cage, judged, brought in with its pairs", seconds["import"]),
        ("the same file again: nothing to change", seconds["import_again"]),
    ]
    bare = "met" if result["ratio_without_pairs"] <= result["allowed"] else "**missed**"
    return "\n".join(
        [
            "## Importing plant",
            "",
            f"A GeoPackage of {result['spans']:,} spans ({result['file_mb']} MB), on a fresh database each time; middle"
            f" of {result['rounds']}.",
            "",
            "| what | seconds |",
            "|---|---:|",
            *(f"| {what} | {spent} |" for what, spent in rows),
            "",
            f"Import ÷ (read + COPY of spans): {result['ratio_without_pairs']}; allowed {result['allowed']}: {bare}."
            f" With the fibre pairs on both sides: {result['ratio']}.",
            "Each span brings a row for each of its fibre pairs, which a lease holds one by one.",
            f"Peak memory of the import: {result['peak_mb']['import']:,} MB.",
            "",
        ]
    )


def tiles(result: dict[str, Any]) -> str:
    """Return the section about tiles."""
    rows = []
    for key, visitor in VISITORS.items():
        for zoom, found in result[key].items():
            limit = f"≤ {found['limit_ms']}" if "limit_ms" in found else ""
            told = {True: "met", False: "**missed**", None: ""}[found.get("is_within")]
            rows.append(
                f"| {visitor} | {zoom} | {found['tiles']} | {found['p50_ms']} | {found['p95_ms']} | {limit} | {told} |"
            )
    memory = ", ".join(f"{value} MB" for value in result["memory"].values())
    return "\n".join(
        [
            "## Tiles",
            "",
            f"{result['spans']:,} spans in a box {result['width_km']:g} km wide, through the whole application; no tile"
            " is asked for twice, so each is cut.",
            "",
            "| who | zoom | tiles | ms, median | ms, 95 % | limit | |",
            "|---|---:|---:|---:|---:|---:|---|",
            *rows,
            "",
            f"Memory: {result['before_mb']} MB before; after one, two and three thousand tiles {memory}.",
            "",
        ]
    )
