"""The application on a socket, for programs that can do nothing but call a server; and GDAL, which calls it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

from flask import Flask
from werkzeug.serving import make_server

READ = """
import json, sys, pyogrio, shapely
address, layer, options = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
options = {name: tuple(value) if isinstance(value, list) else value for name, value in options.items()}
about, _, geometry, values = pyogrio.raw.read(f"OAPIF:{address}", layer=layer, **options)
rows = [dict(zip(about["fields"].tolist(), row)) for row in zip(*(column.tolist() for column in values))]
lines = [shapely.get_coordinates(shapely.from_wkb(each)).tolist() for each in geometry]
types = dict(zip(about["fields"].tolist(), about["dtypes"].tolist()))
print(json.dumps({"crs": about["crs"], "types": types, "rows": rows, "positions": lines}, default=str))
"""


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """Serve an application of the tests on this machine, one request after another; give its address."""
    server = make_server("127.0.0.1", 0, app)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def read_by_gdal(address: str, layer: str, *, token: str = "", **options: Any) -> dict[str, Any]:
    """Return what GDAL's own client reads of a layer: `crs`, `types`, `rows` and each row's `positions`.

    In another process: GDAL holds the interpreter while it waits for an answer that this one must give.
    """
    settings = {**os.environ, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    if token:
        settings["GDAL_HTTP_USERPWD"] = f"token:{token}"
    command = [sys.executable, "-c", READ, address, layer, json.dumps(options)]
    done = subprocess.run(command, env=settings, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found
