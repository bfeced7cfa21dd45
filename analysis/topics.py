"""What people say of deliveries, in the words of the trade: names that a theme may take.

A theme takes the name of the topic that most of its statements are nearest to, where these are
enough and near. Topics name themes; they make none, and no statement joins one because of them. In
another trade none is near, and themes are named after their own phrases.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.embed import Encoder, Vectors

NEAR = 0.4  # cosine of a statement and a topic
ENOUGH = 0.15  # share of a theme's statements nearest to the topic, and near it
LEAST = 3  # statements

TOPICS: Mapping[str, Sequence[str]] = {
    "Late deliveries": (
        "The delivery was late.",
        "It came two days after the promised date.",
        "The parcel was delayed again.",
    ),
    "On-time deliveries": (
        "It arrived on time.",
        "Everything came as promised, right on schedule.",
        "Delivered earlier than expected.",
    ),
    "Missed time slots": (
        "He came outside the time slot we had booked.",
        "The two-hour delivery window was missed.",
    ),
    "Failed delivery attempts": (
        "They left a card although I was at home.",
        "Nobody rang the bell, it says delivery attempted.",
        "It went back to the depot.",
    ),
    "Parcels that never came": (
        "It never arrived.",
        "It says delivered but I have nothing.",
        "The parcel is lost.",
    ),
    "Wrong address or place": (
        "It was delivered to the wrong house.",
        "The parcel went to a stranger's address.",
    ),
    "Where the parcel was left": (
        "He left it outside in the rain.",
        "It was left on the porch in full view of the street.",
        "The neighbor took it in.",
    ),
    "Damaged goods": (
        "The item was broken when it arrived.",
        "The box was crushed and the contents damaged.",
    ),
    "Packaging": (
        "The packaging was too thin.",
        "It was loose in a box that was far too big.",
        "The carton was wet.",
    ),
    "Missing or short deliveries": (
        "One carton was missing.",
        "The pallet was short, the count did not match.",
        "Only half of the order came.",
    ),
    "Wrong items": ("They sent the wrong item.", "I got the wrong size."),
    "Labels and paperwork": (
        "The label was wrong.",
        "The delivery note was missing.",
        "The paperwork did not match the load.",
    ),
    "Proof of delivery": (
        "The signature is not mine.",
        "The photo shows another door.",
        "There is no proof of delivery.",
    ),
    "Notice before delivery": (
        "Nobody called before they came.",
        "A call half an hour ahead would help.",
        "They came without notice.",
    ),
    "Status messages": (
        "No message came about the delay.",
        "I got no text and no email that it would be late.",
        "Nobody told us.",
    ),
    "Tracking": (
        "The tracking did not update.",
        "The tracking page shows nothing.",
        "I cannot see where my shipment is.",
    ),
    "Friendly drivers": (
        "The driver was friendly and helpful.",
        "The driver carried it up the stairs for me.",
    ),
    "Driver conduct": (
        "The driver was rude.",
        "The driver refused to unload.",
        "He did not wait and drove off.",
    ),
    "Dock appointments": (
        "The truck missed its dock appointment.",
        "The dock was blocked by another truck.",
        "Our dock was double booked.",
    ),
    "Waiting times at the dock": (
        "The truck stood in the yard for hours.",
        "We waited for an hour to be unloaded.",
        "They charged us detention.",
    ),
    "Access and unloading": (
        "The truck could not get into our street.",
        "It needed a forklift to unload.",
        "It was too heavy to carry from the curb.",
    ),
    "Cold chain": (
        "The goods were warm on arrival.",
        "The reefer failed and the temperature rose.",
    ),
    "Customs": ("It was stuck in customs.", "The customs papers were wrong."),
    "Weekend and holiday deliveries": ("It came on a Sunday.", "Nothing comes on Saturdays."),
    "Claims": (
        "The claim is still open.",
        "They denied our claim.",
        "I am waiting for my claim to be paid.",
    ),
    "Refunds": ("I have not got my refund.", "They refused to refund me."),
    "Returns": (
        "The return was not picked up.",
        "I could not send it back.",
        "The return label did not work.",
    ),
    "Invoices": (
        "The invoice was wrong.",
        "We were billed twice.",
        "The charges on the invoice do not match.",
    ),
    "Prices and fees": ("It is too expensive.", "They raised the rates.", "Hidden extra charges."),
    "Chargebacks and penalties": (
        "The retailer fined us for the late load.",
        "We paid chargebacks because of you.",
    ),
    "Reaching somebody": (
        "Nobody answers the phone.",
        "I waited in the hotline for an hour.",
        "Nobody replies to my emails.",
    ),
    "Customer service": (
        "Customer service was bad.",
        "The support did not help.",
        "Customer service was very helpful.",
    ),
    "Account management": (
        "Our account manager calls every week.",
        "We have a new account manager who does not know us.",
        "Our contact person left.",
    ),
    "Repeated problems": (
        "It keeps happening.",
        "It is the third time this month.",
        "The same mistake again and again.",
    ),
    "Problems that stopped": (
        "It has not happened since.",
        "It was fixed and has been fine since then.",
    ),
    "Peak season": ("In peak season everything breaks down.", "Before Christmas it gets worse."),
    "Contract and renewal": (
        "We plan to renew the contract.",
        "The contract ends in December.",
        "I sign the contract.",
    ),
    "Other providers": (
        "We are looking at other carriers.",
        "We have asked for quotes from a competitor.",
        "There is no tender planned.",
    ),
    "Portal and data": (
        "The portal is slow.",
        "The EDI messages are wrong.",
        "We get the data as a spreadsheet.",
    ),
    "App and ordering": ("The app does not work.", "I could not place my order online."),
    "Product quality": ("The product is of poor quality.", "The shirt does not fit."),
    "Food orders": ("The food was cold.", "An item was missing from my food order."),
    "General satisfaction": (
        "All good, no complaints.",
        "Everything was fine.",
        "I am satisfied.",
        "It was all right.",
    ),
    "General dissatisfaction": ("Terrible company.", "Worst service ever.", "Never again."),
    "Nothing to add": (
        "Nothing else on that.",
        "I would have to look that up.",
        "I could not tell you.",
        "I would rather not answer.",
    ),
}


def topics_of(
    vectors: Vectors, labels: NDArray[np.int64], n_themes: int, encoder: Encoder
) -> dict[int, str]:
    """Which themes take the name of a topic, no two the same: theme -> topic.

    Args:
        vectors: float32, (n, dim), rows of length 1.
        labels: (n,), the theme of each row, or -1.
        n_themes: How many themes there are.
        encoder: Of the same space.
    """
    names = list(TOPICS)
    topic_of_text = np.repeat(np.arange(len(names)), [len(TOPICS[name]) for name in names])
    near = vectors @ encoder([text for name in names for text in TOPICS[name]]).T
    topic = np.where(near.max(axis=1) >= NEAR, topic_of_text[near.argmax(axis=1)], -1)
    both = (labels >= 0) & (topic >= 0)
    counts = np.zeros((n_themes, len(names)))
    np.add.at(counts, (labels[both], topic[both]), 1)
    share = counts / np.maximum(np.bincount(labels[labels >= 0], minlength=n_themes), 1)[:, None]
    share[(share < ENOUGH) | (counts < LEAST)] = 0
    found: dict[int, str] = {}
    while share.any():
        theme, best = (int(k) for k in np.unravel_index(share.argmax(), share.shape))
        found[theme] = names[best]
        share[theme], share[:, best] = 0, 0
    return found
