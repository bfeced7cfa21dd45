"""The templates: what is said with what is known, and with what is not."""

from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interviewer.core import wording
from interviewer.core.guide import Channel, ProbeKind
from interviewer.core.lint import LintContext, lint
from interviewer.core.opt_out import is_opt_out
from interviewer.studies.prompts_folder import load_phrases, ready_guides

GUIDES = ready_guides()
PHRASES = load_phrases()
LANGUAGES = ("en", "es", "de", "fr", "pt")
NOVEMBER = {"brand": "Northway", "exception_at": "2026-11-17T09:00", "delivered_at": "2026-11-17"}


def say(slug: str, context: dict[str, Any], language: str = "en", channel: Channel = "chat") -> str:
    return wording.opener(GUIDES[slug], PHRASES, context, language, channel).text


@pytest.mark.parametrize(
    ("slug", "context", "language", "channel", "begins"),
    [
        (
            "exception-follow-up",
            {**NOVEMBER, "exception_code": "delay_carrier"},
            "en",
            "chat",
            "Hello, this is the automated assistant of Northway. It is about the delay to your "
            "delivery of Tuesday, 17 November, takes about 30 seconds,",
        ),
        (
            "exception-follow-up",
            {**NOVEMBER, "exception_code": "delay_carrier"},
            "en",
            "sms",
            "Northway: automated assistant, about the delay to your delivery of 17 November. It",
        ),
        (
            "exception-follow-up",
            {**NOVEMBER, "exception_code": "damaged"},
            "es-MX",
            "chat",
            "Hola, soy el asistente automatizado de Northway. Le escribo por su paquete con daños "
            "del martes 17 de noviembre; son",
        ),
        (
            "delivery-check",
            {**NOVEMBER},
            "de",
            "email",
            "Guten Tag, hier ist der automatische Assistent von Northway. Es geht um Ihre "
            "Lieferung vom Dienstag, 17. November, dauert",
        ),
        (
            "delivery-check",
            {"brand": "Northway", "delivered_at": None},
            "en",
            "sms",
            "Northway: automated assistant, about your delivery. It takes 15 seconds",
        ),
        (
            "delivery-check",
            {"brand": "Northway", "delivered_at": "yesterday"},
            "en",
            "chat",
            "Hello, this is the automated assistant of Northway. It is about your delivery, takes",
        ),
        ("delivery-check", {}, "en", "sms", "your delivery service: automated assistant, about"),
        (
            "score-drop",
            {"brand": "Northway", "metric": "nps", "value": 5, "value_before": 9.0},
            "en",
            "chat",
            "Hello, this is the automated assistant of Northway, about the latest figures of our "
            "work with you: NPS went from 9 to 5. It",
        ),
        (
            "score-drop",
            {"brand": "Northway", "metric": "otif", "value": 90.2, "contact_name": "Ana"},
            "de",
            "chat",
            "Guten Tag, Ana, hier ist der automatische Assistent von Northway. Es geht um die "
            "letzten Zahlen unserer Zusammenarbeit. Es dauert",
        ),
        (
            "account-renewal",
            {"brand": "Northway", "account_name": "Lumen Cosmetics", "renewal_date": "2027-02-01"},
            "en",
            "chat",
            "Hello, this is the automated assistant of Northway, ahead of the renewal of Lumen "
            "Cosmetics on Monday, 1 February. It",
        ),
    ],
)
def test_opener(
    slug: str, context: dict[str, Any], language: str, channel: Channel, begins: str
) -> None:
    assert say(slug, context, language, channel).startswith(begins)


@pytest.mark.parametrize(
    ("exceptions", "said"),
    [
        (["PO 45001288371", "PO 2", "PO 3"], ", among them PO 45001288371, PO 2. These"),
        (["PO 1", None, "PO 1"], ", among them PO 1. These"),
        ([], "in the last days: 3 so far. These"),
        (None, "in the last days: 3 so far. These"),
        ("PO 1", "in the last days: 3 so far. These"),
    ],
)
def test_a_disruption_names_at_most_two_shipments(exceptions: Any, said: str) -> None:
    if isinstance(exceptions, list):
        exceptions = [{"shipment_ref": ref, "exception_code": "lost"} for ref in exceptions]
    context = {"brand": "Northway", "exception_count": 3, "exceptions": exceptions}
    text = say("disruption-check", context)
    assert said in text
    assert not lint(text, LintContext(GUIDES["disruption-check"], "chat", "en", "opener", context))


def test_an_opener_that_lacks_a_value_gives_way_to_the_introduction() -> None:
    guide = GUIDES["delivery-check"]
    bare = guide.model_copy(update={"opener": {"en": {"chat": "{brand}, on {day}: how was it?"}}})
    said = wording.opener(bare, PHRASES, {"brand": "Northway"}, "en", "chat")
    introduction = (
        "Hello, this is the automated assistant of Northway with a short question. Our service "
        "team reads the answer. You can stop at any time. "
    )
    assert said.text == introduction + "How did the delivery go for you?"
    assert said.template == "delivery-check/topics/experience/ask/en/0+phrases/introduction"
    own = {"en": {"chat": "{brand} writes about {day}. How was it at the door?"}}
    said = wording.opener(
        guide.model_copy(update={"opener": own}), PHRASES, {"brand": "Northway"}, "en", "chat"
    )
    assert said.text == introduction + "How was it at the door?"
    assert said.template == "delivery-check/opener/en/chat+phrases/introduction"


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.lists(st.text())
)
KEYS = (
    "brand", "delivered_at", "exception_at", "exception_code", "option_chosen", "metric", "value",
    "value_before", "renewal_date", "claim_closed_at", "contact_name", "account_name", "late",
    "exceptions", "exception_count", "review_date", "shipment_ref",
)  # fmt: skip


@pytest.mark.parametrize("slug", GUIDES)
@given(context=st.dictionaries(st.sampled_from(KEYS), VALUES), language=st.sampled_from(LANGUAGES))
def test_an_opener_can_always_be_said(slug: str, context: dict[str, Any], language: str) -> None:
    for channel in get_args(Channel):
        text = say(slug, context, language, channel)
        values = "".join(str(value) for value in context.values())
        assert not set("{}[]") & set(text) - set(values)


def test_a_topic_asked_again_comes_in_other_words() -> None:
    guide = GUIDES["exception-follow-up"]
    first = wording.question(guide, PHRASES, {}, "en", "told")
    second = wording.question(guide, PHRASES, {}, "en", "told", used={first.template})
    assert (first.text, first.template) == (
        "How did you find out about it: told by somebody, or on your own?",
        "exception-follow-up/topics/told/ask/en/0",
    )
    assert second.text == "Who let you know?"
    third = wording.question(
        guide, PHRASES, {}, "en", "told", used={first.template, second.template}
    )
    assert third == second


def test_the_question_of_the_opener_is_not_asked_again() -> None:
    guide = GUIDES["score-drop"]
    opened = wording.opener(guide, PHRASES, {}, "en", "chat")
    again = wording.question(guide, PHRASES, {}, "en", "reason", used={opened.template})
    assert again.text == "What has been different for you lately?"


def test_a_chosen_option_is_named() -> None:
    guide = GUIDES["exception-follow-up"]
    said = wording.question(guide, PHRASES, {"option_chosen": "safe_place"}, "de", "option")
    assert said.text == "Wie hat es mit dem Ablageort geklappt?"


def test_field_and_since_questions() -> None:
    guide = GUIDES["account-renewal"]
    field = wording.field_question(guide, PHRASES, {}, "es", "wont_recur")
    assert field.text == "Del 0 al 10, ¿qué seguridad tiene de que no se repita?"
    since = wording.since_question(guide, PHRASES, {}, "en", "claims", "July  credit note")
    assert since.text == 'Last time you mentioned "July credit note". Where does that stand now?'


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", get_args(ProbeKind))
def test_three_wordings_of_every_probe(kind: ProbeKind, language: str) -> None:
    guide = GUIDES["account-renewal"]
    context = {"delivered_at": "2026-11-14T17:55"}
    used: list[str] = []
    for _ in range(3):
        said = wording.probe(
            guide,
            PHRASES,
            context,
            language,
            kind,
            "incident",
            quote="something about the delivery window here",
            fact="delivered_at",
            used=used,
        )
        assert said.template not in used
        assert f"/probes/{kind}/" in said.template
        about = LintContext(
            GUIDES["exception-follow-up"],
            "sms" if language == "en" else "chat",
            language,
            "contradiction" if kind == "contradiction" else "probe",
            context,
        )
        assert not lint(said.text, about), said.text
        used.append(said.template)


@pytest.mark.parametrize(
    ("kind", "given", "text"),
    [
        ("incident", {"quote": "the  wait"}, 'You said "the wait". What exactly happened?'),
        ("incident", {}, "What was it about the damage that stood out?"),
        ("contradiction", {"fact": "delivered_at"}, "What was it about the damage that stood out?"),
        ("contradiction", {"fact": "no such key"}, "What was it about the damage that stood out?"),
    ],
)
def test_a_probe_that_lacks_its_value_asks_about_the_aspect(
    kind: ProbeKind, given: dict[str, str], text: str
) -> None:
    context = {"exception_code": "damaged"}
    guide = GUIDES["exception-follow-up"]
    said = wording.probe(guide, PHRASES, context, "en", kind, "told", **given)  # type: ignore[arg-type]
    assert said.text == text


def test_the_aspect_of_the_topic_comes_before_that_of_the_audience() -> None:
    guide = GUIDES["account-renewal"]
    said = wording.probe(guide, PHRASES, {}, "de", "aspect", "claims")
    assert said.text == "Was ist Ihnen bei Ihren Reklamationen aufgefallen?"
    bare = guide.model_copy(
        update={"topics": {"claims": guide.topics["claims"].model_copy(update={"aspect": {}})}}
    )
    said = wording.probe(bare, PHRASES, {}, "de", "aspect", "claims")
    assert said.text == "Was ist Ihnen bei unserer Leistung aufgefallen?"


@pytest.mark.parametrize(
    ("context", "key", "fact"),
    [
        ({"delivered_at": "2026-11-14T17:55"}, "delivered_at", "delivery on 14 November at 17:55"),
        (
            {"delivered_at": "2026-11-14T17:55:00-05:00"},
            "delivered_at",
            "delivery on 14 November at 17:55",
        ),
        ({"delivered_at": "2026-11-14T17:55Z"}, "delivered_at", "delivery on 14 November"),
        ({"delivered_at": "2026-11-14"}, "delivered_at", "delivery on 14 November"),
        ({"delivered_at": None}, "delivered_at", None),
        ({"delivered_at": "soon"}, "delivered_at", None),
        ({"proof": "photo"}, "proof", "a photo taken at the delivery"),
        ({"proof": "song"}, "proof", None),
        ({}, "carrier", None),
    ],
)
def test_facts_of_the_record(context: dict[str, Any], key: str, fact: str | None) -> None:
    assert wording.say_fact(PHRASES, context, "en", key) == fact


def test_a_playback_asks_one_question_whatever_was_said() -> None:
    said = wording.playback(PHRASES, "en", ["the load missed its slot", "who knows?", "Fine."])
    assert said.text == (
        "Here is what I noted: the load missed its slot. who knows. Fine. Is this right?"
    )


@pytest.mark.parametrize(
    ("channel", "quote", "kept"),
    [("sms", "a" * 20, True), ("sms", "a" * 120, False), ("chat", "a" * 120, True)],
)
def test_a_preface_goes_where_an_sms_has_no_room(channel: Channel, quote: str, kept: bool) -> None:
    before = wording.preface(PHRASES, "en", "no_decision")
    said = wording.Wording(f'You said "{quote}". What happened?', "t")
    joined = wording.prefaced(before, said, channel)
    assert joined.text.startswith(before.text) is kept
    assert joined.text.endswith(said.text)


def test_what_only_templates_say() -> None:
    assert wording.preface(PHRASES, "en", "kept_back").text == (
        "Your account manager does not see that answer."
    )
    assert wording.hand_off(PHRASES, "en", "same_day", "help@example.com").text == (
        "I am passing this on to a person, who will read our whole conversation. "
        "Our contact: help@example.com"
    )
    assert wording.opted_out(PHRASES, "de", None).text.startswith("Lieferservice: Sie sind")
    assert "STOP" in wording.help_answer(PHRASES, "en", "Northway").text


@pytest.mark.parametrize("language", PHRASES)
def test_no_text_outside_of_the_guides_asks_but_the_playback(language: str) -> None:
    phrases = PHRASES[language]
    texts = [*phrases.prefaces.values(), *phrases.closings.values(), *phrases.hand_off.values()]
    assert not [text for text in texts if "?" in text]
    assert phrases.playback.count("?") == 1
    assert set(phrases.probes) == set(get_args(ProbeKind))
    assert all(len(set(several)) >= 3 for several in phrases.probes.values())
    for kinds, own in (
        (wording.Preface, phrases.prefaces),
        (wording.CloseReason, phrases.closings),
        (wording.Urgency, phrases.hand_off),
    ):
        assert set(own) == set(get_args(kinds))


@pytest.mark.parametrize(
    ("text", "stops"),
    [
        ("Please, leave me alone!", True),
        ("I told you three times now: take me off your list.", True),
        ("No más mensajes, por favor", True),
        ("arrêtez !", True),
        ("Hören Sie auf, mir zu schreiben, bitte sofort, danke", True),
        ("por favor pare de mandar essas mensagens no meu telefone", True),
        ("After Tuesday I got no more messages from the driver at all", False),
        ("Danach bekam ich keine Nachrichten mehr vom Zusteller, leider gar keine", False),
        ("No me manden más cajas rotas, la última llegó hecha pedazos", False),
        ("The driver would not leave the parcel with my neighbor", False),
        ("I had to cancel the birthday party because of it", False),
    ],
)
def test_stop_phrases(text: str, stops: bool) -> None:
    phrases = [phrase for spoken in PHRASES.values() for phrase in spoken.stop_phrases]
    assert is_opt_out(text, phrases) is stops


@pytest.mark.parametrize(
    ("language", "spoken"), [("fr-CA", "fr"), ("pt", "pt"), ("sv", "en"), (None, "en")]
)
def test_phrases_for(language: str | None, spoken: str) -> None:
    assert wording.phrases_for(PHRASES, language).language == spoken
