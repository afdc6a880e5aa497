"""What every answer carries and every request must keep to: headers, cookies, sizes, proxies."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask, Response, request
from werkzeug.middleware.proxy_fix import ProxyFix

from cni.config import MEGABYTE, Config

CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "worker-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "object-src 'none'",
    ]
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
ONE_YEAR_S = 365 * 24 * 3600
COOKIE_LIFE = timedelta(hours=12)


def harden(app: Flask, config: Config) -> None:
    """Set cookies, limits and headers by the settings."""
    app.config.update(
        SECRET_KEY=config.secret_key,
        SESSION_COOKIE_NAME="__Host-cni" if config.secure_cookies else "cni",
        SESSION_COOKIE_SECURE=config.secure_cookies,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=COOKIE_LIFE,
        MAX_CONTENT_LENGTH=config.upload_limit_mb * MEGABYTE,
        MAX_FORM_MEMORY_SIZE=config.upload_limit_mb * MEGABYTE,  # a checked upload comes back as a field of a form
        WTF_CSRF_TIME_LIMIT=None,  # the token lives as long as the session that it belongs to
    )
    if config.trusted_proxies:
        hops = config.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    app.after_request(_add_headers)


def _add_headers(response: Response) -> Response:
    response.headers.update(HEADERS)
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = f"max-age={ONE_YEAR_S}"
    if request.endpoint != "static":
        if not (response.cache_control.private or response.cache_control.public):
            response.headers["Cache-Control"] = "no-store"
    elif request.path.startswith("/static/dist/assets/"):
        # Vite puts a digest of the content into these names: a changed file has a new one.
        response.headers["Cache-Control"] = f"public, max-age={ONE_YEAR_S}, immutable"
    return response
