"""Everything that an analysis may read, from the store, as the rows that analysis works on."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import fields, replace
from typing import Any, TypeVar

from analysis.tables import (
    Account,
    Asked,
    Book,
    Claim,
    Code,
    Coding,
    Correction,
    Invoice,
    JointAction,
    Rating,
    Renewal,
    Score,
    SignalReview,
    ThemeDecision,
    Transcript,
    Turn,
    Volume,
)
from interviewer.core import book
from interviewer.core.interview import BESIDE, Decision, Interview
from interviewer.core.playback import read_back
from interviewer.core.study import Study
from interviewer.findings import notes
from interviewer.ports import Services

T = TypeVar("T")


def read_book(services: Services, *, include_test: bool = False) -> Book:
    """Everything an analysis may read, from the store."""
    store = services.store
    return replace(
        _read(services, store.interviews(include_test=include_test)),
        asked=tuple(_asked(services)),
        frame=_frame(store.studies()),
        codings=tuple(_like(Coding, row) for row in store.find(book.Coding)),
        decisions=decided(services),
        reviews=reviews(services),
    )


def _frame(known: Sequence[Study]) -> tuple[Code, ...]:
    """The code frames of all studies; of two codes of one name the first one stands."""
    found = {code.name.casefold(): code for study in reversed(known) for code in study.guide.frame}
    return tuple(Code(c.name, c.description, c.examples) for c in reversed(found.values()))


def read_accounts(
    services: Services, refs: Collection[str], interviews: Sequence[Interview]
) -> Book:
    """What is known of these accounts, with these interviews of theirs."""
    return _read(services, interviews, account_ref=list(refs))


def _read(services: Services, interviews: Sequence[Interview], **where: object) -> Book:
    store = services.store
    contacts = store.find(book.Contact, **where)
    written = store.find(book.Note, **where)
    return Book(
        transcripts=(
            *(_transcript(i) for i in interviews if i.answers),
            *(_imported(row) for row in store.find(book.ImportedTranscript, **where)),
            *notes.as_transcripts(written, contacts),
        ),
        accounts=tuple(_accounts(store.find(book.Account, **where), contacts, written)),
        scores=tuple(_like(Score, row) for row in store.find(book.Score, **where)),
        claims=tuple(_like(Claim, row) for row in store.find(book.Claim, **where)),
        volumes=tuple(_like(Volume, row) for row in store.find(book.Volume, **where)),
        invoices=tuple(
            _like(Invoice, row, disputed=row.disputed == "yes")
            for row in store.find(book.Invoice, **where)
        ),
        ratings=tuple(_like(Rating, row) for row in store.find(book.Rating, **where)),
        actions=tuple(_like(JointAction, row) for row in store.find(book.Action, **where)),
        renewals=tuple(_like(Renewal, row) for row in store.find(book.Outcome, **where)),
    )


def reviews(services: Services, **where: object) -> tuple[SignalReview, ...]:
    """What people said of evidence and have not taken back."""
    standing: list[book.SignalReview] = []
    for row in sorted(services.store.find(book.SignalReview, **where), key=lambda row: row.at):
        if row.verdict == "withdrawn":
            standing = [one for one in standing if not one.is_about_same(row)]
        else:
            standing.append(row)
    return tuple(_like(SignalReview, row) for row in standing)


def transcript(services: Services, interview_id: str) -> Transcript | None:
    """One interview, imported transcript or note, by its id."""
    store = services.store
    held = [_transcript(interview) for interview in store.interviews_named([interview_id])]
    held += [_imported(row) for row in store.find(book.ImportedTranscript, id=interview_id)]
    if not held:
        written = notes.as_transcripts(store.find(book.Note), ())
        held = [note for note in written if note.interview_id == interview_id]
    return next(iter(held), None)


def decided(services: Services) -> tuple[ThemeDecision, ...]:
    """What people decided about themes, in the order of time."""
    rows = sorted(services.store.find(book.ThemeDecision), key=lambda row: row.at)
    return tuple(_like(ThemeDecision, row, segments=row.segments or ()) for row in rows)


def _asked(services: Services) -> Iterator[Asked]:
    """Everybody to whom an invitation went, with what their interview was to be about."""
    about = {found.moment.moment_id: found.moment.context for found in services.store.moments()}
    for sent in services.store.invitations(state="sent"):
        yield Asked(
            sent.contact_ref or sent.shipment_ref or sent.invitation_id,
            sent.study,
            sent.account_ref,
            about.get(sent.moment_id, {}),
        )


def _transcript(interview: Interview) -> Transcript:
    turns = []
    asked: str | None = None
    for turn in interview.turns:
        if turn.speaker == "agent" or turn.move in BESIDE:
            continue  # no part of the interview that is analyzed
        asked = turn.topic if turn.asks else asked
        fields = turn.reading.fields if turn.reading else {}
        turns.append(
            Turn(
                turn_id=f"{interview.interview_id}:{turn.seq}",
                speaker=turn.speaker,
                text=turn.text,
                topic=asked,
                fields={name: field.value for name, field in fields.items()},
                audience=turn.audience,
                at=turn.at,
                corrects=_correction(interview, turn.decision),
            )
        )
    role = interview.context.get("contact_role")
    if role is None and interview.contact_ref is None:
        role = "recipient"
    return Transcript(
        interview_id=interview.interview_id,
        turns=tuple(turns),
        account_ref=interview.account_ref,
        contact_ref=interview.contact_ref or interview.shipment_ref,
        contact_role=str(role) if role else None,
        study=interview.study,
        channel=interview.channel,
        language=interview.answers[-1].language,
        at=interview.opened_at,
        status=interview.status,
        context=interview.context,
        read_back=read_back(interview),
    )


def _correction(interview: Interview, decision: Decision | None) -> Correction | None:
    if decision is None or decision.corrects is None:
        return None
    noted = f"{interview.interview_id}:{decision.corrects.turn_seq}"
    return Correction(noted, decision.corrects.line)


def _imported(row: book.ImportedTranscript) -> Transcript:
    return Transcript(
        interview_id=row.id,
        turns=tuple(
            Turn(turn_id=f"{row.id}:{seq}", speaker=turn.speaker, text=turn.text, at=turn.at)
            for seq, turn in enumerate(row.turns)
        ),
        account_ref=row.account_ref,
        contact_ref=row.contact_ref,
        contact_role=row.contact_role,
        study=row.study,
        channel=row.channel,
        language=row.language,
        at=row.at,
        context=row.context,
    )


def _accounts(
    rows: Sequence[book.Account], contacts: Sequence[book.Contact], written: Sequence[book.Note]
) -> Iterator[Account]:
    """The accounts with their contacts, and the day the account team was last in touch."""
    roles: dict[tuple[str, bool], dict[str, str | None]] = {}
    for contact in contacts:
        own = roles.setdefault((contact.account_ref, contact.active), {})
        own[contact.contact_ref] = contact.contact_role
    touched = notes.last_contacts(written)
    for row in rows:
        ref = row.account_ref
        known = [at for at in (row.last_contact_at, touched.get(ref)) if at]
        yield _like(
            Account,
            row,
            contacts=roles.get((ref, True), {}),
            gone=roles.get((ref, False), {}),
            last_contact_at=max(known, default=None),
        )


def _like(kind: type[T], row: book.Row, **more: Any) -> T:
    """An analysis row with the columns that it shares with a row of the book."""
    shared = {f.name for f in fields(kind)} & set(type(row).model_fields)  # type: ignore[arg-type]
    return kind(**{name: getattr(row, name) for name in shared} | more)
