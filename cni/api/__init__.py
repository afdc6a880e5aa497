"""The API door: the same jobs for programs, under /api/v1, with bearer tokens.

`frame` makes the API and its OpenAPI document, `bearer` says who is asking, `paging` answers long lists. Resources are
in `v1`, one module each, all listed in `blueprints`. Refusals are answered by cni.web.errors as problem+json.
"""
