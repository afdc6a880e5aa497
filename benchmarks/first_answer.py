"""What a fresh process needs until its first answer, step by step: run by benchmarks/topology.py, as a process."""

from __future__ import annotations

import json
import time


def tell(sites: int) -> None:
    """Print the milliseconds of each step, for a plant of so many sites that is in memory already."""
    spent, began = dict[str, float](), time.perf_counter()

    def lap(step: str) -> None:
        nonlocal began
        now = time.perf_counter()
        spent[step], began = round((now - began) * 1000, 2), now

    from cni.topology.questions import Diversity, Question
    from cni.topology.routes import answer_question

    lap("import")
    from benchmarks.networks import far_pairs, make_plant, network_of

    plant = make_plant(sites)
    a, z = map(plant.site_id, far_pairs(plant, 1)[0].tolist())
    network = network_of(plant)
    lap("making the network")
    network.free_pairs  # noqa: B018 which needs the view
    lap("view")
    question = Question(a, z, Diversity.SITE, 2)
    answer_question(network, question)
    lap("first answer")
    answer_question(network, question)
    lap("second answer")
    print(json.dumps(spent))
