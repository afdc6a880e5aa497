"""Checking an answer without the engine that made it; shares no code with it.

Plain Python over the plant's list of spans. Start with `answer.check_answer`.

- `documents` and `plant`: what is checked, and against what
- `flows`: least totals from what the routes leave over; `separation`: metres on the ground; `blockers`: why none
"""
