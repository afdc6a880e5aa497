"""The software of a cooperative neutral-host fibre network.

Floors, from the ground up: `primitives`; `topology` and `db`; `members`; `events`; `assets` and `ledger`; `leases`;
`operations` (one function per job); `runtime` and `schemas`; the doors `web`, `api`, `cli`, `worker`; `app`.
Start reading at `operations`: its file names say what the system does.
"""
