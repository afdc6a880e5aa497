"""What comes out of the cage is believed as little as what goes in: an answer that is none refuses the file."""

from __future__ import annotations

import io
import json
import sys
from threading import BoundedSemaphore

import numpy as np
import pytest
import shapely

from cni.formats import cage
from cni.formats.answers import Answers
from cni.formats.cage import read_file
from cni.formats.layers import FileRefused
from cni.formats.limits import MOST_READERS, MOST_SECONDS_IN_LINE
from cni.schemas.problems import answer_to

LAYER = {
    "name": "spans", "geometry": "point", "features": 1, "fields": ["id"], "crs": None, "notes": [],
    "values": {"id": ["A"]},
}  # fmt: skip
SAID = {"format": "GeoJSON", "layers": [LAYER]}
POINT = shapely.to_wkb(shapely.Point(1, 2))


def packed(said=SAID, wkb=POINT, *, rows=(1,), save=np.savez):
    text = said if isinstance(said, bytes) else json.dumps(said).encode()
    arrays = {"wkb0": np.frombuffer(wkb, np.uint8), "ends0": np.array([len(wkb)]), "rows0": np.array(rows)}
    answer = io.BytesIO()
    save(answer, said=np.frombuffer(text, np.uint8), **arrays)
    return answer.getvalue()


@pytest.fixture
def answered(monkeypatch, tmp_path):
    """Let whatever a process in the cage answers be these bytes."""

    def reading(answer):
        cage.ANSWERS.forget()
        (tmp_path / "answer").write_bytes(answer)
        process = tmp_path / "process"
        process.write_text(f"#!/bin/sh\nexec /bin/cat {tmp_path}/answer\n")
        process.chmod(0o700)
        monkeypatch.setattr(sys, "executable", str(process))
        return read_file(b"{}", "plan.geojson").of("spans")

    return reading


def test_an_answer_becomes_features(answered):
    features = answered(packed())

    assert (features.rows.tolist(), features.values) == ([1], {"id": ["A"]})
    assert features.geometry.tolist() == [shapely.Point(1, 2)]


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"PK\x03\x04" + bytes(40),
        packed()[:-30],
        packed(save=np.savez_compressed),
        packed(b"[" * 100_000),
        packed(b"[]"),
        packed({}),
        packed({"problem": {"code": "x"}}),
        packed({**SAID, "layers": [{**LAYER, "geometry": "cube"}]}),
        packed({**SAID, "layers": [LAYER, LAYER]}),
        packed({**SAID, "layers": None}),
        packed({**SAID, "layers": [{**LAYER, "values": {"id": ["A", "B"]}}]}),
        packed({**SAID, "layers": [{**LAYER, "values": None}]}),
        packed(wkb=POINT[:-3]),
        packed(rows=(1, 2)),
    ],
)
def test_what_is_no_answer_refuses_the_file(answered, answer):
    with pytest.raises(FileRefused) as refused:
        answered(answer)

    assert [problem.code for problem in refused.value.problems] == ["unreadable"]


def test_what_was_read_is_not_read_again_and_belongs_to_each_who_asked(answered, monkeypatch):
    features = answered(packed())
    features.values["id"][0] = "spoilt"
    monkeypatch.setattr(sys, "executable", "/bin/false")

    assert read_file(b"{}", "plan.geojson").of("spans").values == {"id": ["A"]}
    with pytest.raises(FileRefused):
        read_file(b"{} ", "plan.geojson")


def test_answers_are_kept_up_to_so_many_bytes_the_latest_used_longest():
    answers = Answers(most_bytes=10, most_of_one=5, most_seconds=60)
    for name in ("a", "b", "a"):
        answers.keep(name, name.encode() * 4)
    assert answers.get("a") == b"aaaa"
    answers.keep("c", b"cccc")
    answers.keep("d", b"too long")

    assert [answers.get(name) for name in "abcd"] == [b"aaaa", None, b"cccc", None]


def test_answers_are_kept_for_so_long_however_often_they_are_asked_for():
    now = [0.0]
    answers = Answers(most_bytes=10, most_of_one=5, most_seconds=60, clock=lambda: now[0])
    answers.keep("a", b"aaaa")
    now[0] = 59
    answers.keep("b", b"bbbb")
    assert answers.get("a") == b"aaaa"
    now[0] = 61

    assert [answers.get(name) for name in "ab"] == [None, b"bbbb"]


def test_while_one_file_is_read_the_other_thread_goes_on_answering():
    """Each process of the server has two threads (docs/operator/server.md)."""
    assert MOST_READERS < 2
    assert MOST_SECONDS_IN_LINE <= 2


def test_who_finds_every_reader_taken_is_asked_to_come_back(answered, monkeypatch):
    monkeypatch.setattr(cage, "READERS", BoundedSemaphore(1))
    monkeypatch.setattr(cage, "MOST_SECONDS_IN_LINE", 0.01)
    with cage.READERS, pytest.raises(cage.TooManyReaders) as refused:
        answered(packed())

    assert (answer_to(refused.value).status, refused.value.retry_after_s) == (503, 60)
    assert answered(packed()).values == {"id": ["A"]}
