"""What every page of the console has: navigation by role, a form token, a word of what was done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from interviewer.core.access import User
from interviewer.web.doors import DOORS, form_token, logged_in
from interviewer.web.pages import page

NAVIGATION: tuple[tuple[str, str], ...] = (
    ("/", "Today"),
    ("/studies", "Studies"),
    ("/interviews", "Interviews"),
    ("/cases", "Cases"),
    ("/themes", "Themes"),
    ("/accounts", "Accounts"),
    ("/numbers", "Numbers"),
    ("/reports", "Reports"),
)
SETUP: tuple[tuple[str, str], ...] = (
    ("/sources", "Sources"),
    ("/destinations", "Destinations"),
    ("/users", "Users and keys"),
    ("/people", "A person's data"),
    ("/audit", "Audit log"),
)


REPORT_POLICY = (  # the document's own policy allows its one style and its one script, by hash
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'; object-src 'none'; "
    "sandbox allow-scripts allow-popups allow-modals"
)


@dataclass(frozen=True, slots=True)
class Done:
    """What is said after a form was sent, and the form that undoes it."""

    words: str
    undo: str | None = None  # a path to post to: `{about}` is what it was done to


DONE: Mapping[str, Done] = {
    "user.added": Done("The user was added."),
    "user.changed": Done("The user was changed, and is logged out everywhere."),
    "key.revoked": Done("The key opens nothing any more."),
    "case.taken": Done("The case is yours.", undo="/cases/{about}/put-back"),
    "case.put_back": Done("Somebody else can take the case.", undo="/cases/{about}/take"),
    "case.noted": Done("Noted."),
    "case.told": Done("Your words are on their way. Below it says what becomes of them."),
    "case.closed": Done("The case is closed.", undo="/cases/{about}/reopen"),
    "case.reopened": Done("The case is open again."),
    "event.again": Done("The event was read again, and is not held back any more."),
    "event.held": Done("The event was read again, and is still held back: see why below."),
    "event.discarded": Done("The event was put away. It is kept, and never taken in."),
    "destination.disabled": Done("Nothing is sent there any more."),
    "notice.again": Done("The notice is due again."),
    "study.saved": Done("The study is saved. Try it, then launch it."),
    "contact.added": Done("The contact was added."),
    "contact.asked": Done("A review interview is planned; it goes out at a decent hour."),
    "contact.refused": Done("Not planned: see the next step of the contact for the reason."),
    "contact.asked_before": Done("This contact was already asked today."),
    "account.rated": Done("Your rating was recorded."),
    "account.decided": Done("The outcome was recorded."),
    "account.promised": Done("The action was recorded; the next interview asks about it."),
    "account.action_done": Done("The action is done.", undo="{here}/actions/{about}/open"),
    "account.action_open": Done("The action is open again.", undo="{here}/actions/{about}/done"),
    "signal.confirmed": Done("Confirmed: it counts from the next analysis on, and as a label."),
    "signal.rejected": Done("Rejected: it counts no more from the next analysis on."),
    "signal.withdrawn": Done("Taken back, as if nobody had said anything about these words."),
    "theme.noted": Done("Noted."),
    "theme.decided": Done(
        "It holds from the next analysis on. Undo takes back all that was decided about the theme.",
        undo="/themes/{about}/release",
    ),
    "theme.released": Done("Everything decided about the theme was taken back."),
    "costs.assumed": Done("The assumptions are stored; the costs below follow them."),
    "alert.added": Done("You are told from now on, through the destinations."),
    "alert.removed": Done("Nobody is told of it any more."),
    "study.live": Done("The study is live.", undo="/studies/{about}/restore"),
    "study.shadow": Done(
        "The study runs in shadow: everything is done but nothing is sent to people.",
        undo="/studies/{about}/restore",
    ),
    "study.paused": Done("The study is paused.", undo="/studies/{about}/restore"),
    "study.closed": Done("The study is closed.", undo="/studies/{about}/restore"),
    "study.restored": Done("The study is as it was before."),
}


def show(
    request: Request, template: str, *, status: int | None = None, **values: Any
) -> HTMLResponse:
    """A page of the console; one that says what is wrong with what was sent has status 422.

    Args:
        request: The request that it answers.
        template: Its file under `templates/console/`.
        status: Of the answer, where it is neither 200 nor 422.
        values: What the template shows.
    """
    user = logged_in(request)
    done, about = _done(request)
    answer = page(
        f"console/{template}",
        here="/" + request.url.path.split("/")[1],
        navigation=_open_to(user, NAVIGATION),
        setup=_open_to(user, SETUP),
        form_token=form_token(request),
        user=user,
        done=done,
        undo=done.undo.format(about=about, here=quote(request.url.path))
        if done and done.undo and about
        else None,
        **values,
    )
    answer.status_code = status or (422 if values.get("error") else 200)
    return answer


def _open_to(user: User, pages: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    return [
        (path, name)
        for path, name in pages
        if path == "/" or user.role in DOORS[f"GET {path}"].roles
    ]


def after(path: str, done: str, about: str = "") -> RedirectResponse:
    """To the page at `path`, which says what was done; reloading it does nothing again."""
    assert done in DONE
    return RedirectResponse(f"{path}?done={done}" + (f"&about={about}" if about else ""), 303)


async def sent(request: Request) -> dict[str, str]:
    """What the fields of a form say; its token was looked at by the door."""
    form = await request.form()
    return {k: v for k, v in form.items() if isinstance(v, str) and k != "form_token"}


def download(text: str, form: str, name: str) -> Response:
    """A file to keep; a page among them is shut off from these pages."""
    kind = {"html": "text/html", "json": "application/json", "csv": "text/csv"}[form]
    safe = "".join(c if c.isascii() and c.isalnum() else "-" for c in name)
    headers = {
        "Content-Disposition": f'attachment; filename="{safe}.{form}"',
        "Content-Security-Policy": REPORT_POLICY,
    }
    return Response(text, media_type=f"{kind}; charset=utf-8", headers=headers)


def _done(request: Request) -> tuple[Done | None, str]:
    """Only words of ours and names of ours: both come with the address of the page."""
    about = request.query_params.get("about", "")
    is_name = "".join(c for c in about if c not in "-_.").isalnum()
    return DONE.get(request.query_params.get("done", "")), about if is_name else ""
