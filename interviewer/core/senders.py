"""Whether a number or an address is one that we write from."""

from collections.abc import Collection

SHORTEST_NUMBER = 10  # digits of a number written without its country code


def is_ours(written: str, senders: Collection[str]) -> bool:
    """Whether what somebody copied from a message is one of our senders.

    A number counts with and without its country code and however it is spaced; an address with
    and without the part after `+`, which names the mail; a name as it stands.
    """
    return any(_is_same(written, sender) for sender in senders)


def _is_same(written: str, sender: str) -> bool:
    if "@" in sender:
        return _mailbox(written) == _mailbox(sender)
    if sender.startswith("+"):
        said, own = _digits(written), _digits(sender)
        is_national = len(said) >= SHORTEST_NUMBER and own.endswith(said.lstrip("0"))
        return bool(said) and not any(map(str.isalpha, written)) and (said == own or is_national)
    return written.strip().casefold() == sender.casefold()


def _digits(text: str) -> str:
    digits = "".join(char for char in text if char.isdecimal())
    return digits.removeprefix("00")


def _mailbox(text: str) -> str:
    """`Name <box+token@host>` as box@host."""
    address = text.rpartition("<")[2].strip().rstrip(">").strip().casefold()
    name, _, host = address.rpartition("@")
    return f"{name.partition('+')[0]}@{host}"
