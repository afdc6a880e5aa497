"""The command line: each command parses, opens one transaction, calls one operation, and answers.

One module for each group of commands, imported only when one of them is called. Start at `main`.
"""
