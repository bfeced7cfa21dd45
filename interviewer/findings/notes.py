"""What was written down about an account outside interviews, and what it counts for.

A mail, ticket, NPS comment or review minute of a named contact is that person's own words: evidence
with its date and source, and the first season's baseline of tone. Calls, visits and whatever names
nobody are the account team's words: they say when it was last in touch, and never score.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from analysis.tables import Transcript, Turn
from interviewer.core.book import Contact, Note

OWN_WORDS = frozenset({"mail", "ticket", "nps", "review"})
NOT_THE_TEAM = frozenset({"ticket", "nps"})  # the customer wrote, nobody was in touch
ID_LENGTH = 16


def as_transcripts(written: Sequence[Note], contacts: Sequence[Contact]) -> Iterator[Transcript]:
    """The notes that are a contact's own words, each as one answer."""
    roles = {contact.contact_ref: contact.contact_role for contact in contacts}
    for note in written:
        if note.contact_ref and note.note_kind in OWN_WORDS:
            name = f"note-{note.identity[:ID_LENGTH]}"
            yield Transcript(
                interview_id=name,
                turns=(Turn(f"{name}:0", "respondent", note.text, at=note.at),),
                account_ref=note.account_ref,
                contact_ref=note.contact_ref,
                contact_role=roles.get(note.contact_ref),
                at=note.at,
                context=note.context,
                source=str(note.note_kind),
            )


def last_contacts(written: Sequence[Note]) -> Mapping[str, datetime]:
    """Account -> the newest note of the account team."""
    found: dict[str, datetime] = {}
    for note in written:
        if note.note_kind not in NOT_THE_TEAM:
            found[note.account_ref] = max(note.at, found.get(note.account_ref, note.at))
    return found
