"""The pages of users: one module per subject; who may open which is in `web/doors.py`."""

from interviewer.web.console import (
    accounts,
    cases,
    destinations,
    home,
    interviews,
    login,
    numbers,
    people,
    privacy,
    reports,
    sources,
    studies,
    themes,
)

PARTS = (
    login,
    home,
    studies,
    interviews,
    cases,
    accounts,
    numbers,
    reports,
    sources,
    destinations,
    people,
    privacy,
    themes,
)
