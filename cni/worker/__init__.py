"""The worker: jobs that run by the clock or after an answer has been given, on Procrastinate.

Each job opens one transaction and calls one operation, like any other door. Start at `jobs`.
"""
