"""How often strangers may knock: rate limits of the doors that need no key.

Counted in the memory of this process. A proxy before several of them sends an address always to the
same one, so that limits per address hold for all (README, Settings). The address is the
connection's; behind a proxy, uvicorn takes it from `X-Forwarded-For` of those it trusts
(FORWARDED_ALLOW_IPS). The JSON API has no such limits: simulations and imports pass there.
"""

import math
import time
from typing import NamedTuple

from fastapi import Request
from limits import RateLimitItem, parse_many
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter, MovingWindowRateLimiter, RateLimiter
from starlette.exceptions import HTTPException


class Rule(NamedTuple):
    """A kind of request, and how often one party may make it."""

    name: str
    limits: list[RateLimitItem]
    is_exact: bool = True  # over any such time, not by the clock's seconds


PAGE = Rule("page", parse_many("30/minute"))  # pages and lookups, per address
WRONG_LINK = Rule("wrong link", parse_many("10/10minute"))  # per address; then slower
NEW_LINK = Rule("new link", parse_many("3/hour"))  # per link
ANSWER = Rule("answer", parse_many("10/minute;60/hour"))  # per interview
ANSWER_FROM = Rule("answer from", parse_many("120/minute"))  # per address
EMBED = Rule("embed", parse_many("30/minute;300/hour"))  # interviews begun by widgets, per address
LOGIN = Rule("login", parse_many("5/5minute"))  # wrong passwords, per address
HOOK = Rule("hook", parse_many("1000/second"), is_exact=False)  # per endpoint of a source
WRONG_LINK_DELAY = 1.0  # seconds


class TooMany(HTTPException):
    """The door stays shut for a while."""

    def __init__(self, seconds: int) -> None:
        detail = f"Too many at once; try again in {seconds} seconds."
        super().__init__(429, detail, {"Retry-After": str(seconds)})


class Throttle:
    """Counts by kind of request and by who makes it."""

    def __init__(self) -> None:
        storage = MemoryStorage()
        self._exact = MovingWindowRateLimiter(storage)
        self._by_the_clock = FixedWindowRateLimiter(storage)

    def take(self, rule: Rule, who: str) -> None:
        """Count one; raise TooMany, and count nothing, when a limit is reached."""
        key, windows = (rule.name, who), self._windows(rule)
        full = [limit for limit in rule.limits if not windows.test(limit, *key)]
        if full:
            opens = max(windows.get_window_stats(limit, *key).reset_time for limit in full)
            raise TooMany(max(1, math.ceil(opens - time.time())))
        for limit in rule.limits:
            windows.hit(limit, *key)

    def forget(self, rule: Rule, who: str) -> None:
        """What was counted of this party counts no more."""
        for limit in rule.limits:
            self._windows(rule).clear(limit, rule.name, who)

    def _windows(self, rule: Rule) -> RateLimiter:
        return self._exact if rule.is_exact else self._by_the_clock


def throttle_of(request: Request) -> Throttle:
    """The counts of this application."""
    throttle: Throttle = request.app.state.rates
    return throttle


def address_of(request: Request) -> str:
    """Who is at the other end."""
    return request.client.host if request.client else ""
