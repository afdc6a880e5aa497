"""Masks that recur: landmarks of their own lead searches better, and change no answer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from benchmarks.networks import ducts, make_plant, network_of
from cni.topology.answers import Answer, answer_as_json
from cni.topology.engine.landmarks import LANDMARKS
from cni.topology.engine.recurring import MOST_LED
from cni.topology.network import Network
from cni.topology.questions import Diversity, Question
from cni.topology.routes import find_answer
from tests.networks import AMPLE_S

SITES = 300


@pytest.fixture(scope="module")
def whole() -> Network:
    plant = make_plant(SITES)
    return network_of(plant, ducts(plant))


def with_closed(whole: Network, seed: int) -> Network:
    """Return the network with no free pair on some 15 % of its spans, and with a view of its own."""
    is_open = np.random.default_rng(seed).random(len(whole.spans)) > 0.15
    made = Network(whole.graph, whole.risk_names)
    return made.with_free_pairs({id: 1 for id, free in zip(made.view.span_ids, is_open, strict=True) if free})


def questions(seed: int) -> list[Question]:
    chance = np.random.default_rng(seed)
    pairs = [chance.choice(SITES, 2, replace=False).tolist() for _ in range(20)]
    return [Question(f"S{a}", f"S{z}", diversity, 2, time_limit_s=AMPLE_S) for a, z in pairs for diversity in Diversity]


def told(answer: Answer) -> dict[str, object]:
    return answer_as_json(answer)


def closed_of(network: Network) -> np.ndarray:
    return (network.free_pairs == 0).astype(np.uint8)


def recur(network: Network) -> None:
    for _ in range(LANDMARKS):
        network.view.under(closed_of(network))


@pytest.mark.parametrize("seed", range(3))
def test_recurring_mask_changes_no_answer(whole: Network, seed: int) -> None:
    led = with_closed(whole, seed)
    recur(led)
    assert led.view.under(closed_of(led)) is not led.view
    for question in questions(seed):
        assert told(find_answer(led, question)) == told(find_answer(with_closed(whole, seed), question))


def test_landmarks_are_of_what_is_open(whole: Network) -> None:
    network = with_closed(whole, 7)
    recur(network)
    closed = closed_of(network)
    arrays, led = network.view.arrays, network.view.under(closed).arrays
    a, z, both = arrays.end_a, arrays.end_z, closed == 0
    apart = np.abs(led.landmarks[a] - led.landmarks[z])
    assert (apart[both] <= arrays.cost[both][:, None]).all()  # what leads a search is never more than a step costs
    assert (led.landmarks[a][both] == -1).tolist() == (led.landmarks[z][both] == -1).tolist()
    assert led.landmarks.mean() > arrays.landmarks.mean()


def test_few_questions_do_not_wait_for_landmarks_and_few_masks_are_kept(whole: Network) -> None:
    view = with_closed(whole, 0).view
    masks = [np.eye(1, len(view.span_ids), span, np.uint8)[0] for span in range(MOST_LED + 1)]
    assert all(view.under(mask) is view for mask in masks for _ in range(LANDMARKS - 1))
    assert all(view.under(mask) is not view for mask in masks)
    assert [view.under(mask) is view for mask in masks] == [True, False, False, False, False]


def test_whole_plant_has_its_landmarks(whole: Network) -> None:
    view = whole.view
    assert all(view.under(view.nothing_closed) is view for _ in range(2 * LANDMARKS))


def test_threads_share_what_recurs(whole: Network) -> None:
    network, asked = with_closed(whole, 3), questions(3)
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda question: told(find_answer(network, question)), asked * 2))
    assert network.view.under(closed_of(network)) is not network.view
    alone = [told(find_answer(with_closed(whole, 3), question)) for question in asked]
    assert found == alone * 2
