"""Geographic files, read and written: layers of features out of whatever a member brings, and files that others read.

Knows files, columns and coordinates. Not here: what a column means for plant (`cni.assets`), who may read what.
A file is only ever opened by a process of its own, in a cage; whatever it holds, the program around it goes on.
"""
