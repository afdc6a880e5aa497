"""Plant out of whatever a member brings: layers and columns become the rows of the co-op's own files.

Pure save for `records`, which holds the tables. What a file format is, `cni.formats` knows; what a row must say,
`cni.assets.checks`. Start at `reading`.
"""
