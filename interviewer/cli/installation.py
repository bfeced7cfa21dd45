"""Commands of the installation: set up, serve, work, look it over, keys."""

import asyncio
import sys
from typing import Annotated, cast

import typer

from interviewer.cli.common import Json, app, installation
from interviewer.cli.terminal import complain, say, table
from interviewer.core.access import ORDINARY_SCOPES, ROLES, SCOPES, Role, Scope

key_app = typer.Typer(help="Keys of the JSON API.", no_args_is_help=True)
app.add_typer(key_app, name="key")


@app.command()
def init() -> None:
    """Create or migrate the database and load the ready studies; safe to repeat."""
    from interviewer.settings import read_settings
    from interviewer.wiring import initialize

    slugs, kept = initialize(read_settings())
    say(f"{len(slugs)} studies are ready: {', '.join(slugs)}")
    if kept:
        say(f"Kept as you changed them, without this release's text: {', '.join(kept)}")
    say("Next: interviewer try delivery-check")


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=0, max=65535)] = 8000,
) -> None:
    """Serve the pages and the JSON API; on SQLite the worker runs inside."""
    from interviewer.web.serving import serve as run

    run(host, port)


@app.command()
def worker() -> None:
    """Take in events, send what is due, close what is over, until it is stopped."""
    from interviewer import worker as background

    services = installation()
    if not services.channels:
        say("No SMS or mail provider is set up: moments are recorded, and nobody is written to.")
    asyncio.run(background.run_until_signal(services, lambda: say("Working; stop with Ctrl-C.")))
    say("Stopped; what was due stays due.")


@app.command()
def doctor(json: Json = False) -> None:
    """Look over the installation: what works, what is missing, how to mend it."""
    from interviewer.doctor import examine

    rows = [{"check": c.name, "state": c.state, "detail": c.detail} for c in examine()]
    table(rows, as_json=json)
    if any(row["state"] == "fails" for row in rows):
        raise typer.Exit(1)


@key_app.command("create")
def key_create(
    name: Annotated[str, typer.Option(help="Who uses it.")],
    scope: Annotated[
        list[str] | None,
        typer.Option(help=f"What it opens; repeatable: {', '.join(SCOPES)}. All but erasure."),
    ] = None,
    days: Annotated[int | None, typer.Option(help="How long it lives.", min=1)] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print the key alone.")] = False,
) -> None:
    """Make a key of the JSON API; it is shown once and stored as a hash."""
    from interviewer.access.keys import new_key

    scopes = cast("list[Scope]", scope) or ORDINARY_SCOPES
    key = new_key(installation(), name, scopes, days=days)
    if quiet:
        say(key)
        return
    say(f"The key of {name!r}, shown this once:\n\n  {key}\n")
    say("Use it as: curl -H 'Authorization: Bearer KEY' http://127.0.0.1:8000/api/v1/studies")


@key_app.command("list")
def key_list(json: Json = False) -> None:
    """The keys by name, without their secrets."""
    rows = [
        {
            "key": key.key_id,
            "name": key.name,
            "scopes": " ".join(key.scopes),
            "created": key.created_at,
            "last_used": key.last_used_at,
            "expires": key.expires_at,
            "revoked": key.revoked_at,
        }
        for key in list(installation().store.keys())
    ]
    table(rows, as_json=json, title="Keys")


@key_app.command("revoke")
def key_revoke(key_id: Annotated[str, typer.Argument(help="As `key list` shows it.")]) -> None:
    """Make a key open nothing from now on."""
    from interviewer.access.keys import revoke

    key = revoke(installation(), key_id)
    say(f"The key of {key.name!r} opens nothing any more.")


# users


user_app = typer.Typer(help="Who may log in to the pages.", no_args_is_help=True)
app.add_typer(user_app, name="user")
Login = Annotated[str, typer.Argument(help="An e-mail address, or a name.")]
RoleOption = Annotated[str, typer.Option(help=f"{', '.join(ROLES)}.")]


@user_app.command("add")
def user_add(
    login: Login,
    role: RoleOption = "owner",
    name: Annotated[str | None, typer.Option(help="As others see it.")] = None,
) -> None:
    """Add a person; an account manager's login is the owner_email of their accounts."""
    from interviewer.access.users import add_user

    services, password = installation(), _new_password()
    user = add_user(services, login, cast("Role", role), password, name=name)
    say(f"{user.login} may log in as {user.role.replace('_', ' ')}.")
    say("Next: interviewer serve")


@user_app.command("list")
def user_list(json: Json = False) -> None:
    """Who may log in, in which role."""
    rows = [
        {"login": u.login, "role": u.role, "name": u.name, "disabled": u.disabled_at}
        for u in installation().store.users()
    ]
    table(rows, as_json=json, title="Users")
    if not rows and not json:
        say("Nobody may log in yet: interviewer user add you@example.com")


@user_app.command("set-password")
def user_set_password(login: Login) -> None:
    """Replace a password; ends the person's sessions."""
    from interviewer.access.users import set_password

    services = installation()
    services.store.user(login.strip().casefold())
    set_password(services, login, _new_password())
    say(f"The password of {login} is set.")


@user_app.command("set-role")
def user_set_role(login: Login, role: RoleOption) -> None:
    """Give a person another role; ends the person's sessions."""
    from interviewer.access.users import set_role

    set_role(installation(), login, cast("Role", role))
    say(f"{login} is {role.replace('_', ' ')} now.")


@user_app.command("disable")
def user_disable(login: Login) -> None:
    """Let a person in no more."""
    from interviewer.access.users import disable

    disable(installation(), login)
    say(f"{login} may not log in any more.")


def _new_password() -> str:
    """Asked for twice on a terminal, else the first line of standard input."""
    if sys.stdin.isatty():
        typed: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
        return typed
    return sys.stdin.readline().rstrip("\n")


# the audit log


audit_app = typer.Typer(help="What was done, by whom.", no_args_is_help=True)
app.add_typer(audit_app, name="audit")


@audit_app.command("list")
def audit_list(
    newest: Annotated[int, typer.Option(help="How many.", min=1)] = 50, json: Json = False
) -> None:
    """The newest entries."""
    rows = [
        {
            "at": e.at,
            "who": e.actor,
            "what": e.what,
            "about": e.about,
            "detail": ", ".join(f"{key} {value}" for key, value in e.detail.items()),
        }
        for e in installation().store.audit(newest=newest)
    ]
    table(rows, as_json=json, title="Audit log")


@audit_app.command("verify")
def audit_verify() -> None:
    """Recompute the chain of the audit log; exit status 1 when an entry was changed."""
    from interviewer.access.audit import verify

    entries, broken = verify(installation())
    if broken is not None:
        complain(f"entry {broken} of {entries} was changed, or one before it is missing")
        raise typer.Exit(1)
    say(f"{entries} entries, none changed")
