"""What every page of the console has: navigation by role, a form token, a word of what was done."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse

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
    ("/sources", "Sources"),
    ("/destinations", "Destinations"),
    ("/users", "Users and keys"),
    ("/audit", "Audit log"),
)


@dataclass(frozen=True, slots=True)
class Done:
    """What is said after a form was sent, and the form that undoes it."""

    words: str
    undo: str | None = None  # a path to post to; `{about}` stands for what it was done to


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
    "account.action_done": Done("The action is done."),
    "theme.noted": Done("Noted."),
    "theme.decided": Done(
        "It holds from the next analysis on. Undo takes back all that was decided about the theme.",
        undo="/themes/{about}/release",
    ),
    "theme.released": Done("Everything decided about the theme was taken back."),
    "costs.assumed": Done("The assumptions are stored; the costs below follow them."),
    "alert.added": Done("You are told from now on, through the destinations."),
    "alert.removed": Done("Nobody is told of it any more."),
    "study.live": Done("The study is live.", undo="/studies/{about}/pause"),
    "study.shadow": Done(
        "The study runs in shadow: everything is done but nothing is sent to people.",
        undo="/studies/{about}/pause",
    ),
    "study.paused": Done("The study is paused.", undo="/studies/{about}/launch"),
    "study.closed": Done("The study is closed.", undo="/studies/{about}/launch"),
}


def show(request: Request, template: str, **values: Any) -> HTMLResponse:
    """A page of the console.

    Args:
        request: The request that it answers.
        template: Its file under `templates/console/`.
        values: What the template shows.
    """
    user = logged_in(request)
    done, about = _done(request)
    return page(
        f"console/{template}",
        here="/" + request.url.path.split("/")[1],
        navigation=[
            (path, name)
            for path, name in NAVIGATION
            if path == "/" or user.role in DOORS[f"GET {path}"].roles
        ],
        form_token=form_token(request),
        user=user,
        done=done,
        undo=done.undo.format(about=about) if done and done.undo and about else None,
        **values,
    )


def after(path: str, done: str, about: str = "") -> RedirectResponse:
    """To the page at `path`, which says what was done; reloading it does nothing again."""
    assert done in DONE
    return RedirectResponse(f"{path}?done={done}" + (f"&about={about}" if about else ""), 303)


def _done(request: Request) -> tuple[Done | None, str]:
    """Only words of ours and names of ours: both come with the address of the page."""
    about = request.query_params.get("about", "")
    is_name = "".join(c for c in about if c not in "-_.").isalnum()
    return DONE.get(request.query_params.get("done", "")), about if is_name else ""
