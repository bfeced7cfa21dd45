"""What the analysis tests share: the bundled encoder, loaded once, and answers by theme."""

from collections.abc import Mapping, Sequence

import pytest

from analysis.embed import Encoder, MemoryCache, Vectors, bundled_encoder, embed

ANSWERS: Mapping[str, Sequence[str]] = {
    "late": (
        "The delivery came three hours late.",
        "It arrived two days after the promised date.",
        "Your truck was late again this week.",
        "We waited all afternoon for the delayed delivery.",
        "The shipment was delayed without a reason.",
        "Deliveries are late nearly every Monday.",
        "The van came long after the time window.",
        "Late delivery is the normal case with you.",
    ),
    "damage": (
        "The box was crushed on one side.",
        "Two cartons arrived damaged and wet.",
        "The packaging was torn and the glass was broken.",
        "The parcel looked like somebody had stepped on it.",
        "Half of the pallet was broken when we unwrapped it.",
        "My package was dented and the content was broken.",
        "The goods were damaged by water in the trailer.",
        "Everything in the crushed carton was broken.",
    ),
    "invoice": (
        "The invoice had a wrong fuel surcharge.",
        "We were billed twice for one shipment.",
        "Your invoices never match the agreed rates.",
        "There is an extra fee on the bill that nobody explains.",
        "The billing team sends wrong invoices every month.",
        "We had to dispute the invoice again.",
        "The bill was higher than the quoted price.",
        "An unexplained charge was on our last invoice.",
    ),
    "driver": (
        "The driver was rude to our receptionist.",
        "Your driver shouted at the dock team.",
        "The driver was friendly and carried it upstairs.",
        "A very polite driver helped me at the door.",
        "The driver refused to wait five minutes.",
        "Our regular driver is always kind.",
        "The driver was on the phone and ignored us.",
        "The courier was impolite when I asked for help.",
    ),
    "portal": (
        "I cannot log in to the tracking portal.",
        "The tracking page shows an old status.",
        "Your website crashes when I search a shipment.",
        "The portal is slow and logs me out.",
        "Tracking did not update for two days.",
        "The app never shows where the parcel is.",
        "The online tracking is not reliable.",
        "I could not find the shipment in the portal.",
    ),
}


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    """The bundled encoder; a text that several tests share is encoded once."""
    bundled, cache = bundled_encoder(), MemoryCache()

    def encode(texts: Sequence[str]) -> Vectors:
        return embed(texts, bundled, cache)

    return encode


@pytest.fixture(scope="session")
def answers() -> tuple[tuple[str, str], ...]:
    """Forty answers, each with what it is about."""
    return tuple((text, label) for label, texts in ANSWERS.items() for text in texts)
