"""Where the plant is: sites and spans as a graph, routes through it, what stands in their way, what failures would do.

Pure: no database, no clock, no HTTP. Not here: whose a span is, prices, taken fibres; a span has only free pairs.
Start with `routes.answer_question`, which takes a `network.Network` and a `questions.Question`. The rest:

- plant: `network`; from a file: `network_files` and `ofds`, by `fields` and `text`
- what is asked and said: `questions`, `answers` (as JSON and in words)
- deciding on routes: `routing`, by `engine`, which searches compiled arrays; `warming` has it loaded
- lines on the ground: `ground`; what failures do, and mending: `failures`; checks apart from the engine: `checking`
"""
