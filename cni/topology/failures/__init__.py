"""What failures would do to the plant, and what would mend that.

Not here: which leases there are; they are handed in.

- `audit`: what alone, or two by two, divides the network, and how each site stands; `exposure`: one site in words
- `simulate`: leases after a cut, led another way; `reliance`, `availability`: what a lease rests on, how long it runs
- `reinforce`: the cheapest spans after which nothing alone divides the plant; from `candidates`, by `covering`;
  `proposals` makes candidates where none are given
"""
