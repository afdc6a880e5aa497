"""Put the program together: chooses and connects, decides nothing.

`create_app` is called once in a process, by wsgi.py, and by the tests.
"""

from __future__ import annotations

from flask import Flask
from flask_wtf import CSRFProtect

from cni.api.bearer import guard_api
from cni.api.blueprints import RESOURCES
from cni.api.frame import ApiV1
from cni.config import Config
from cni.runtime import Runtime, connect, follow_plant, open_runtime
from cni.web.assets import register_assets
from cni.web.blueprints import PAGES
from cni.web.errors import register_errors
from cni.web.formats import register_formats
from cni.web.pages import register_page_context
from cni.web.security import harden
from cni.web.session import guard_pages


def create_app(config: Config, runtime: Runtime | None = None) -> Flask:
    """Return the web application with both its doors: pages, and the API under /api/.

    Without a `runtime` it connects to the database that the settings name, and follows the plant's changes.

    Raises:
        ValueError: there is no secret key to sign cookies with.
    """
    if not config.secret_key:
        raise ValueError("CNI_SECRET_KEY is not set. Set it to a long random text, the same for every process.")
    if runtime is None:
        open_runtime(connect(config))
        follow_plant(gives_out=True)
    else:
        open_runtime(runtime)

    app = Flask("cni.web")
    harden(app, config)
    register_errors(app)
    register_assets(app)
    register_formats(app)
    register_page_context(app)

    guard_pages(app)
    guard_api(app)
    csrf = CSRFProtect(app)
    for pages in PAGES:
        app.register_blueprint(pages)
    api = ApiV1(app)
    for resources in RESOURCES:
        api.register_blueprint(resources)
        csrf.exempt(resources)  # it takes a bearer token and looks at no cookie
    return app
