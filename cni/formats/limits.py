"""How much of a file is read, and what the process that reads it may take.

A council's whole network, 100,000 spans of some ten points, is 25 MB as a GeoPackage and 50 MB as GeoJSON: each limit
leaves room for ten times that, or for what twice that takes.
"""

from __future__ import annotations

MEBIBYTE = 1024 * 1024

MOST_BYTES = 128 * MEBIBYTE
"""Of an upload; a larger one is brought in parts."""
MOST_UNPACKED_BYTES = 512 * MEBIBYTE
"""Of a zip's entries together; also of any file that the reading process writes."""
MOST_ENTRIES = 1_000
"""Of a zip: a KMZ has a picture for each of its symbols, a spreadsheet a few dozen parts."""
MOST_RATIO = 200
"""Of unpacked to packed bytes in an entry above one mebibyte; text packs to a tenth, a sparse table to a hundredth."""
MOST_LAYERS = 100
MOST_FIELDS = 300
"""A Shapefile has 255 at most; a sheet of 16,384 columns is a mistake."""
MOST_FEATURES = 1_000_000
MOST_VERTICES = 10_000_000
MOST_VERTICES_OF_ONE = 200_000
"""A point for each metre of 200 km: no span is drawn so finely."""
MOST_TEXT = 1_000_000
"""Characters of one cell."""

MEMORY_BYTES = 4 * 1024 * MEBIBYTE
"""Of addresses, which libraries ask for and hardly use; 100,000 spans take a quarter of it."""
MOST_OPEN_FILES = 64
FEWEST_SECONDS = 8.0
SECONDS_PER_MEBIBYTE = 5.0
"""Text of 1 MiB is read in about 0.1 s, as much packed in a spreadsheet in 3 s."""
MOST_SECONDS = 180.0


MOST_READERS = 1
"""Of processes that read files at one time, for each process of ours: it has two threads, and one goes on answering."""
MOST_SECONDS_IN_LINE = 2.0
"""Then whoever waits is asked to come back: who waits holds the other thread, and nobody else is answered."""
MOST_KEPT_BYTES = 64 * MEBIBYTE
"""Of answers kept for the next page of an import, in each process."""
MOST_KEPT_OF_ONE = 16 * MEBIBYTE
"""Of one answer; a larger file is brought in by the worker, which reads it once."""
MOST_KEPT_SECONDS = 3600.0
"""An answer is for the next page of an import, and no file is to stay longer than the day that is promised."""


def seconds_for(size: int) -> float:
    """Return how many seconds the reading of a file of so many bytes may take."""
    return min(FEWEST_SECONDS + SECONDS_PER_MEBIBYTE * size / MEBIBYTE, MOST_SECONDS)
