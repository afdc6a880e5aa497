"""For a web server: `gunicorn wsgi:app`. Settings come from the environment (docs/settings.md)."""

from cni.app import create_app
from cni.config import Config

app = create_app(Config.from_env())
