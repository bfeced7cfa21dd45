"""A channel that prints what it would send: for trying things without a provider."""

import sys
from typing import TextIO

from interviewer.core.invitation import OutboundMessage


class ConsoleChannel:
    """Prints each message; it reaches nobody."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out

    async def send(self, message: OutboundMessage) -> str:
        """Print it."""
        subject = f"Subject: {message.subject}\n" if message.subject else ""
        head = f"--- {message.channel} to {message.address} ({message.kind})"
        out = self._out or sys.stdout
        out.write(f"{head}\n{subject}{message.text}\n\n")
        out.flush()
        return f"console-{message.message_key}"

    async def lookup(self, message: OutboundMessage) -> str | None:
        """Whatever was printed was seen."""
        return f"console-{message.message_key}"
