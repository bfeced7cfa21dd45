"""Interview guides: which topics an interview starts with, in which words, and what is no guide."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interviewer.core.check import check, parse_guide
from interviewer.core.errors import InvalidGuide
from interviewer.core.guide import NO_COMMERCE, Field, InterviewGuide, guide_hash, required
from interviewer.core.vocabulary import EXCEPTIONS
from interviewer.studies.prompts_folder import load_phrases, ready_guides
from tests.guides import recipient_guide

READY = ready_guides()
RESOLVED = "2026-11-10"
CONTEXT = st.fixed_dictionaries(
    {},
    optional={
        "exception_code": st.sampled_from([*EXCEPTIONS, "no such code", None, 7]),
        "late": st.sampled_from([True, False, None]),
        "resolved_at": st.sampled_from([RESOLVED, None]),
        "option_chosen": st.sampled_from(["pickup", "refund", None, ["pickup"]]),
        "contact_role": st.sampled_from(
            ["buyer", "sponsor", "finance", "operations", "warehouse", "", "head of", None]
        ),
        "open_claims": st.sampled_from([0, "0", 3, None]),
        "invoice_disputes": st.sampled_from([0, 2, None]),
    },
)


def data(**changes: Any) -> dict[str, Any]:
    """A small valid guide as it is loaded from YAML."""
    return {
        "slug": "small",
        "title": "Small",
        "goal": "Learn something.",
        "audience": "recipient",
        "languages": ["en"],
        "expires": "48h",
        "budget": {"questions": 3, "probes_in_a_row": 1},
        "names": ["brand", "event"],
        "fields": {"rating": {"type": "scale", "min": 0, "max": 10}},
        "topics": {
            "went": {"must": True, "fills": ["rating"], "ask": {"en": ["How did it go?"]}},
            "told": {"ask": {"en": ["Who let you know?"]}},
        },
        "opener": {"en": {"chat": "This is the assistant of {brand}. How was it for you?"}},
        "variants": {"generic_exception": {"event": {"en": "a"}, "aspect": {"en": "b"}}},
        **changes,
    }


def problems(**changes: Any) -> list[str]:
    with pytest.raises(InvalidGuide) as caught:
        parse_guide(data(**changes))
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("slug", "context", "topics"),
    [
        (
            "exception-follow-up",
            {"exception_code": "damaged", "resolved_at": RESOLVED},
            "what_happened outstanding impact responsible order_again",
        ),
        (
            "exception-follow-up",
            {"exception_code": "recipient_unavailable", "option_chosen": "pickup"},
            "what_happened told impact responsible",
        ),
        (
            "exception-follow-up",
            {
                "exception_code": "recipient_unavailable",
                "option_chosen": "pickup",
                "resolved_at": RESOLVED,
            },
            "what_happened told option impact responsible",
        ),
        (  # no words for a refund: it is not named
            "exception-follow-up",
            {"exception_code": "refused", "option_chosen": "refund", "resolved_at": RESOLVED},
            "what_happened told outstanding order_again",
        ),
        (
            "exception-follow-up",
            {"resolved_at": RESOLVED},
            "what_happened told impact handling outstanding",
        ),
        ("delivery-check", {}, "experience"),
        (
            "claim-intake",
            {"exception_code": "damaged"},
            "problem items condition found_on packaging value wish evidence",
        ),
        ("claim-intake", {"problem": "lost"}, "problem items found_on value wish"),
        (
            "claim-intake",
            {"exception_code": "not_received"},
            "problem items condition found_on value wish",
        ),
        (
            "account-review",
            {"contact_role": "warehouse"},
            "incident response recurrence contact improve agenda",
        ),
        ("disruption-check", {}, "impact told outstanding"),
        (
            "win-loss",
            {"contact_role": "buyer", "renewal_outcome": "lost"},
            "reason decisive alternatives incident change anything_else",
        ),
        (
            "win-loss",
            {"contact_role": "sponsor", "renewal_outcome": "won"},
            "reason decisive incident change anything_else",
        ),
        (
            "account-renewal",
            {"contact_role": "buyer", "open_claims": 0, "invoice_disputes": "0"},
            "priorities incident response contact alternatives decision change anything_else",
        ),
        (
            "account-renewal",
            {"contact_role": "Warehouse", "open_claims": 2},
            "priorities incident response contact claims improve anything_else",
        ),
        (
            "score-drop",
            {"contact_role": "operations"},
            "reason incident recurrence impact response improve",
        ),
        ("score-drop", {}, "reason incident recurrence impact response change improve"),
    ],
)
def test_open_topics(slug: str, context: dict[str, Any], topics: str) -> None:
    assert READY[slug].open_topics(context) == tuple(topics.split())


@pytest.mark.parametrize(
    ("role", "musts"),
    [
        ("operations", "reason incident improve"),
        ("buyer", "reason incident change"),
        (None, "reason incident change"),
    ],
)
def test_a_topic_takes_over_the_must(role: str | None, musts: str) -> None:
    assert READY["score-drop"].must_topics({"contact_role": role}) == tuple(musts.split())


@pytest.mark.parametrize("slug", READY)
@given(context=CONTEXT)
def test_what_an_interview_starts_with(slug: str, context: dict[str, Any]) -> None:
    guide = READY[slug]
    topics = guide.open_topics(context)
    assert topics
    assert len(set(topics)) == len(topics)
    assert set(guide.must_topics(context)) <= set(topics)
    if context.get("contact_role") in NO_COMMERCE:
        assert not any(guide.topics[name].commercial for name in topics)


@pytest.mark.parametrize(
    ("context", "event"),
    [
        ({"exception_code": "delay_weather"}, "the delay to your delivery"),
        ({"exception_code": "tracking_stale"}, "your missing parcel"),
        ({"exception_code": "cancelled"}, "your delivery"),
        ({"exception_code": "no such code"}, "your delivery"),
        ({"exception_code": ["damaged"]}, "your delivery"),
        ({"late": True}, "the delay to your delivery"),
        ({"late": None}, "your delivery"),
        ({}, "your delivery"),
    ],
)
def test_variant(context: dict[str, Any], event: str) -> None:
    variant = READY["exception-follow-up"].variant(context)
    assert variant is not None
    assert variant.event["en"] == event


def test_a_study_without_variants_has_none() -> None:
    assert READY["account-renewal"].variant({"exception_code": "damaged"}) is None


@pytest.mark.parametrize(
    ("wanted", "spoken"),
    [("es", "es"), ("es-MX", "es"), ("de_AT", "de"), ("EN-gb", "en"), ("sv", "en"), (None, "en")],
)
def test_speaks(wanted: str | None, spoken: str) -> None:
    assert READY["delivery-check"].speaks(wanted) == spoken


@pytest.mark.parametrize("slug", READY)
def test_a_guide_comes_back_from_json_as_it_was(slug: str) -> None:
    again = InterviewGuide.model_validate(READY[slug].model_dump(mode="json"))
    assert again == READY[slug]
    assert guide_hash(again) == guide_hash(READY[slug])


def test_the_hash_names_the_content() -> None:
    assert guide_hash(parse_guide(data())) == guide_hash(parse_guide(data()))
    assert guide_hash(parse_guide(data())) != guide_hash(parse_guide(data(title="Other")))


@pytest.mark.parametrize(
    ("field", "value", "accepted"),
    [
        ({"type": "yes_no"}, "yes", True),
        ({"type": "yes_no"}, True, False),
        ({"type": "choice", "of": ["a", "b"]}, "b", True),
        ({"type": "choice", "of": {"a": {"en": ["one"]}, "b": {}}}, "b", True),
        ({"type": "choice", "of": ["a", "b"]}, "c", False),
        ({"type": "scale", "min": 0, "max": 10}, 10, True),
        ({"type": "scale", "min": 0, "max": 10}, 11, False),
        ({"type": "scale", "min": 0, "max": 10}, "7", False),
        ({"type": "number"}, -2.5, True),
        ({"type": "number"}, True, False),
        ({"type": "text"}, "in May", True),
        ({"type": "text"}, " ", False),
    ],
)
def test_field_accepts(field: dict[str, Any], value: object, accepted: bool) -> None:
    assert Field.model_validate(field).accepts(value) is accepted


@pytest.mark.parametrize(("text", "hours"), [("48h", 48), ("14d", 336), ("90m", 1.5)])
def test_durations(text: str, hours: float) -> None:
    assert parse_guide(data(expires=text)).expires == timedelta(hours=hours)


def test_required_placeholders_are_those_outside_of_brackets() -> None:
    assert required("{brand}: about {event}[ of {day}].") == {"brand", "event"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"audeince": "b2b"}, "audeince: unknown key; did you mean 'audience'?"),
        (
            {"budget": {"questions": 3, "probes": 1}},
            "budget.probes: unknown key; did you mean 'probes_in_a_row'?",
        ),
        ({"expires": "soon"}, "expires: "),
        ({"expires": "0h"}, "expires: "),
        ({"slug": "Not A Slug"}, "slug: "),
        ({"topics": {}}, "topics: "),
        ({"names": ["brand", "event", "item"]}, "names.2: 'item' may not be said"),
        (
            {"opener": {"en": {"chat": "{brand} {carrier}, how was it?"}}},
            "opener.en.chat: placeholder {carrier} is not in names",
        ),
        ({"opener": {"en": {"chat": "{brand} { how?"}}}, "opener.en.chat: a brace or bracket"),
        ({"opener": {"en": {"chat": "{brand}[ now]?"}}}, "opener.en.chat: a part in square"),
        ({"fields": {"rating": {"type": "scale"}}}, "fields.rating: a scale needs"),
        ({"fields": {"rating": {"type": "choice"}}}, "fields.rating: a choice needs"),
        (
            {"fields": {"rating": {"type": "yes_no", "signal": "commit", "asserts": [True]}}},
            'fields.rating: put "yes" and "no" in quotes',
        ),
        (
            {"fields": {"rating": {"type": "yes_no", "signal": "commit", "asserts": ["maybe"]}}},
            "fields.rating: 'maybe' is no value",
        ),
        ({"fields": {"rating": {"type": "yes_no", "asserts": ["yes"]}}}, "need the `signal`"),
        ({"fields": {"rating": {"type": "text"}, "x": {"type": "text"}}}, "fields.x: no topic"),
        ({"fields": {}}, "topics.went.fills: 'rating' is not in fields"),
        ({"languages": ["en", "es"]}, "topics.told.ask: has no wording in 'es'"),
        ({"budget": {"questions": 0, "probes_in_a_row": 0}}, "budget.questions: "),
        ({"moments": ["Delivred"]}, "moments.0: "),
        ({"variants": {"late": {"event": {"en": "a"}, "aspect": {"en": "b"}}}}, "variants.late"),
    ],
)
def test_what_is_wrong_is_named(changes: dict[str, Any], expected: str) -> None:
    assert any(expected in problem for problem in problems(**changes)), problems(**changes)


def test_more_must_topics_than_questions() -> None:
    topics = {f"t{n}": {"must": True, "ask": {"en": [f"What about {n}?"]}} for n in range(4)}
    found = problems(topics=topics, fields={})
    assert found == ["budget.questions: 3 questions cannot cover 4 must topics"]


@pytest.mark.parametrize("wrong", [None, [], "text", 7, {"slug": 1}])
def test_anything_else_is_no_guide(wrong: object) -> None:
    with pytest.raises(InvalidGuide):
        parse_guide(wrong)


def test_the_ready_studies_pass_their_check() -> None:
    phrases = load_phrases()
    assert {slug: check(guide, phrases) for slug, guide in READY.items()} == dict.fromkeys(
        READY, ()
    )


@pytest.mark.parametrize(
    ("topic", "field", "rule"),
    [
        ({"ask": {"en": ["Was the driver rude?"]}}, "topics.told.ask.en.0", "leading"),
        ({"ask": {"en": ["What happened, and who saw it?"]}}, "topics.told.ask.en.0", "compound"),
        ({"ask": {"en": ["Tell us more."]}}, "topics.told.ask.en.0", "one_question"),
        (
            {"ask": {"en": ["Who let you know?", "Who let you know it?"]}},
            "topics.told.ask.en.1",
            "repeat",
        ),
        (
            {"ask": {"en": ["Who let you know?"]}, "aspect": {"en": "the {x}"}},
            "topics.told.aspect.en",
            "plain_text",
        ),
    ],
)
def test_check_names_the_wording_that_breaks_a_rule(
    topic: dict[str, Any], field: str, rule: str
) -> None:
    guide = parse_guide(data(topics={**data()["topics"], "told": topic}))
    found = {(p.field, p.message.split(" ")[0].rstrip(":")) for p in check(guide, load_phrases())}
    assert (field, rule) in found


@pytest.mark.parametrize(
    ("opener", "message"),
    [
        ({"chat": "How was it for you?"}, "must say who writes: {brand}"),
        ({"chat": "{brand}: how?", "sms": "{brand}: how was it?"}, "must say how to opt out: STOP"),
    ],
)
def test_check_wants_a_complete_opener(opener: dict[str, str], message: str) -> None:
    guide = parse_guide(data(opener={"en": opener}))
    assert message in {problem.message for problem in check(guide, load_phrases())}


def test_a_guide_may_hold_its_own_probes() -> None:
    guide = recipient_guide()
    assert guide.probes["en"]["incident"][0] == 'You said "{quote}". What happened?'
