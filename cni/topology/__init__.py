"""Where the plant is: sites and spans as a graph, routes through it, what stands in their way, what failures would do.

Pure: no database, no clock, no HTTP. Not here: whose a span is, prices, taken fibres; a span has only free pairs.
Start with `routes.answer_question`, which takes a `network.Network` and a `questions.Question`. The rest:

- plant: `network`; from a file: `network_files` and `ofds`, by `fields` and `text`
- what is asked and said: `questions`, `answers` (as JSON and in words), `blockers` (why not, or not so diverse)
- deciding on routes: `asked`, `ways`, `conflicts`; `pairs` (no risk group in common), `maximal` (as little in common
  as can be), `required` and `passing` (over what must be used), `programs` (what searches leave open)
- searching by number, compiled: `view`, `search`, `kernel`, `heap`, `landmarks`, `labels`, `cuts`, `flows`, `barriers`,
  `corridor`, `nearby`, `sketch`, `severing`; how that is compiled and kept: `compiled`, `code_cache`, `warming`
- on the ground: `plane`, `geometry`, `paper_diversity`; answers checked without the engine: `checking` and `checking_*`
- failures: `audit`, `exposure`, `reliance`, `availability`, `simulate`; mending: `reinforce`, `covering`, `candidates`,
  `proposals`
"""
