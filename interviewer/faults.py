"""A fault of ours in the log: what failed and where, never the words that were at hand."""

import logging
import traceback


def log_fault(log: logging.Logger, what: str, error: BaseException) -> None:
    """Log the kind of an error and its frames; its message may hold what somebody wrote."""
    where = "".join(traceback.format_tb(error.__traceback__))
    log.error("%s: %s\n%s", what, type(error).__name__, where)
