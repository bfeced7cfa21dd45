"""What the installation's secret does: secrets of others encrypted at rest, and signatures."""

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from interviewer.core.errors import InvalidInput, Unavailable

SIGNING = b"interviewer: signatures\x00"
LABEL = b"interviewer: secrets at rest\x00"  # so that no other use of the secret shares the key


class Sealer:
    """Encrypts with the installation's secret; reads what the secret before it encrypted too."""

    def __init__(self, secret: str, secret_before: str = "") -> None:
        self._secrets = [each for each in (secret, secret_before) if each]

    @property
    def is_set(self) -> bool:
        """Whether the installation has a secret."""
        return bool(self._secrets)

    def seal(self, text: str) -> str:
        """The text, encrypted and authenticated.

        Raises:
            InvalidInput: The installation has no secret.
        """
        return self._keys().encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """The text that was sealed.

        Raises:
            InvalidInput: The installation has no secret.
            Unavailable: It was sealed with another secret, or changed.
        """
        try:
            return self._keys().decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise Unavailable(
                "A stored secret was sealed with another INTERVIEWER_SECRET; "
                "name that one in INTERVIEWER_SECRET_BEFORE."
            ) from None

    def sign(self, text: str) -> str:
        """A signature of the text, in hex; nobody without the secret can make it.

        Raises:
            InvalidInput: The installation has no secret.
        """
        self._keys()
        return _signature(self._secrets[0], text)

    def signatures(self, text: str) -> list[str]:
        """What `sign` gives, and gave before the secret was changed; none without a secret."""
        return [_signature(secret, text) for secret in self._secrets]

    def is_signed(self, text: str, presented: str, digits: int) -> bool:
        """Whether these are the first digits of a signature of ours; compared in constant time."""
        own = [signature[:digits] for signature in self.signatures(text)]
        return any([hmac.compare_digest(each.encode(), presented.encode()) for each in own])

    def _keys(self) -> MultiFernet:
        if not self._secrets:
            raise InvalidInput(
                "INTERVIEWER_SECRET",
                "is not set, and other people's secrets are stored encrypted; set it to 32 "
                "random characters or more, such as: openssl rand -base64 32",
            )
        return MultiFernet([Fernet(_key(secret)) for secret in self._secrets])


def _key(secret: str) -> bytes:
    return base64.urlsafe_b64encode(hashlib.sha256(LABEL + secret.encode()).digest())


def _signature(secret: str, text: str) -> str:
    return hmac.new(secret.encode(), SIGNING + text.encode(), hashlib.sha256).hexdigest()
