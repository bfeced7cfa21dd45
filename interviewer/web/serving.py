"""Serving the application: what must be set first, and the server itself."""

import ipaddress
from typing import Any

from interviewer.cli.terminal import say
from interviewer.core.errors import InvalidInput
from interviewer.ports import Services
from interviewer.settings import EXAMPLE_SECRET, Settings, read_settings

SHORTEST_SECRET = 32
NEEDED = ("brand", "human_contact", "privacy_url", "public_url")  # first messages name them
SHUTDOWN = 10  # seconds
LOGGING: dict[str, Any] = {  # warnings alone: lines about requests would hold their links
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"level": "WARNING", "handlers": ["stderr"]},
}


def serve(host: str, port: int) -> None:
    """Serve the installation that the settings describe, until it is stopped.

    Raises:
        InvalidInput: A setting is missing without which nobody beyond this machine may be served.
        Unavailable: The database does not fit this version.
    """
    from interviewer.wiring import build

    settings = read_settings()
    check_host(host, settings)
    services = build(settings)
    base = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    say(f"Pages:     {base}/\nAPI:       {base}/docs\nStop with Ctrl-C.")
    if not services.store.users():
        say("Nobody may log in to the pages yet: interviewer user add you@example.com")
    serve_app(services, settings, host, port)


def serve_app(services: Services, settings: Settings, host: str, port: int) -> None:
    """Serve these services until the process is told to stop."""
    import uvicorn

    from interviewer.web.app import create_app

    uvicorn.run(
        create_app(services, settings),
        host=host,
        port=port,
        log_config=LOGGING,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=SHUTDOWN,
    )


def check_host(host: str, settings: Settings) -> None:
    """Refuse to serve beyond loopback without a secret and without saying who asks.

    Raises:
        InvalidInput: Names the variable and the fix.
    """
    if is_loopback(host):
        return
    secret = settings.secret.get_secret_value()
    if EXAMPLE_SECRET in secret:
        raise InvalidInput("INTERVIEWER_SECRET", f"is the example's; make your own{MAKE_ONE}")
    if len(secret) < SHORTEST_SECRET:
        fix = f"has {len(secret)} characters, and {SHORTEST_SECRET} are needed to serve on {host}"
        raise InvalidInput("INTERVIEWER_SECRET", fix + MAKE_ONE)
    for name in NEEDED:
        if not getattr(settings, name):
            about = Settings.model_fields[name].description
            raise InvalidInput(f"INTERVIEWER_{name.upper()}", f"is not set. {about}")


MAKE_ONE = ": python3 -c 'import secrets; print(secrets.token_urlsafe(32))'"


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach it."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
