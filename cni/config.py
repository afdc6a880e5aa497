"""Settings: the `CNI_*` environment variables, read once. A test ties the table in docs/settings.md to this file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Config:
    """What differs from one installation to the next.

    `database_url` empty: the embedded PostgreSQL under `instance` is used. `secret_key` signs cookies; the web refuses
    to start without one.
    """

    database_url: str = ""
    instance: Path = Path("instance")
    secret_key: str = field(default="", repr=False)
    secure_cookies: bool = True
    trusted_proxies: int = 0
    upload_limit_mb: int = 20
    plant_listener: bool = True
    tiles_from_spans: int = 3_000

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> Config:
        """Return the settings that the environment gives, each `CNI_` and the field's name in capitals.

        Raises:
            ValueError: a setting cannot be read; the sentence names it.
        """
        return cls(
            database_url=env.get("CNI_DATABASE_URL", ""),
            instance=Path(env.get("CNI_INSTANCE", "instance")),
            secret_key=env.get("CNI_SECRET_KEY", ""),
            secure_cookies=_switch(env, "CNI_SECURE_COOKIES", default=True),
            trusted_proxies=_number(env, "CNI_TRUSTED_PROXIES", default=0),
            upload_limit_mb=_number(env, "CNI_UPLOAD_LIMIT_MB", default=20),
            plant_listener=_switch(env, "CNI_PLANT_LISTENER", default=True),
            tiles_from_spans=_number(env, "CNI_TILES_FROM_SPANS", default=3_000),
        )


def _number(env: Mapping[str, str], name: str, default: int) -> int:
    text = env.get(name, "") or str(default)
    if not text.isdecimal():
        raise ValueError(f"{name}={text!r} is not a whole number")
    return int(text)


def _switch(env: Mapping[str, str], name: str, *, default: bool) -> bool:
    words = {"": default, "1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
    text = env.get(name, "").lower()
    if text not in words:
        raise ValueError(f"{name}={text!r} is neither yes nor no")
    return words[text]
