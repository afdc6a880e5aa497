"""Where the plant is: sites and spans as a graph, routes through it, and what stands in their way.

Pure: no database, no clock, no HTTP. A `Network` comes from the live plant (built by whoever reads the database) or
from a file; a `Question` goes in; an `Answer` comes out, and "no route" is an answer that names what blocks it.

Not here: who owns a span, what it costs, which fibres are taken. A span carries only the number of its free pairs.

Start with `routes.answer_question`. Then: `questions` (what can be asked), `answers` (what comes back, as JSON and in
words), `blockers` (why not), `network` (sites, spans, the graph), `network_files` (reading one), `search` (the search
itself).
"""
