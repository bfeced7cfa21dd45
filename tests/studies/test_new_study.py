"""A study file to start from: for every moment, and it passes as it is."""

from pathlib import Path
from typing import Any, get_args

import pytest
from typer.testing import CliRunner

from interviewer.cli.app import app
from interviewer.core.errors import InvalidInput, NotFound
from interviewer.core.guide import Moment
from interviewer.studies.new_study import COMMENTS, closest, draft, moments_named
from interviewer.studies.prompts_folder import check_guide, load_guide
from tests.openai_server import OpenAiServer, Reply, fails, refuses, says


@pytest.mark.parametrize("moment", get_args(Moment))
def test_a_draft_for_every_moment_passes_its_check(moment: Moment) -> None:
    text = draft(moment, 'Learn what "late" means: to them, & to us.')
    guide = load_guide(text)
    assert check_guide(text) == ()
    assert moment in guide.moments
    assert guide.goal == 'Learn what "late" means: to them, & to us.'
    assert guide.slug.startswith("my-")
    assert all(f"# {comment}" in text for key, comment in COMMENTS.items() if f"\n{key}:" in text)


@pytest.mark.parametrize(
    ("word", "slug", "moments"),
    [
        ("exception", "exception-follow-up", ("ExceptionResolved", "ExceptionRaised")),
        ("Exceptions", "exception-follow-up", ("ExceptionResolved", "ExceptionRaised")),
        ("delivered", "delivery-check", ("Delivered",)),
        ("delivery", "delivery-check", ("Delivered",)),
        ("claim closed", "claim-closed", ("ClaimClosed",)),
        ("renewal", "account-renewal", ("RenewalDue",)),
        ("RenewalDecided", "win-loss", ("RenewalDecided",)),
        ("review", "account-review", ("ReviewDue",)),
        ("score drop", "score-drop", ("ScoreDropped",)),
        ("disruption", "disruption-check", ("AccountDisrupted",)),
    ],
)
def test_a_word_names_a_moment(word: str, slug: str, moments: tuple[Moment, ...]) -> None:
    source, found = closest(word)
    assert (load_guide(source).slug, found) == (slug, moments)


@pytest.mark.parametrize("word", ["", "e", "due", "the", "birthday", "\x00"])
def test_another_word_is_refused(word: str) -> None:
    assert moments_named(word) == ()
    with pytest.raises(NotFound, match="there are Delivered"):
        draft(word)


def test_a_goal_that_a_message_would_give_away_is_refused() -> None:
    with pytest.raises(InvalidInput, match="goal") as caught:
        draft("delivered", "Find out what do you remember most about this delivery")
    assert "internals" in caught.value.message


def test_the_command_writes_a_file_once(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    command = ["study", "new", "--moment", "exception", "--out", str(file)]
    assert CliRunner().invoke(app, command).exit_code == 0
    assert load_guide(file).slug == "my-exception-follow-up"
    refused = CliRunner().invoke(app, command)
    assert isinstance(refused.exception, InvalidInput)
    missing = CliRunner().invoke(app, [*command[:-1], str(tmp_path / "no" / "mine.yaml")])
    assert isinstance(missing.exception, InvalidInput)


def test_the_command_prints_without_a_file() -> None:
    printed = CliRunner().invoke(app, ["study", "new", "--moment", "review"])
    assert load_guide(printed.output).slug == "my-account-review"


PACKING: dict[str, Any] = {
    "name": "packing",
    "must": False,
    "commercial": False,
    "ask": {
        "en": ["How was the parcel packed?", "What did you see when you opened the box?"],
        "es": ["¿Cómo venía embalado el paquete?", "¿Qué vio al abrir la caja?"],
        "de": ["Wie war das Paket verpackt?", "Was haben Sie beim Öffnen gesehen?"],
        "fr": ["Comment le colis était-il emballé ?", "Qu'avez-vous vu en ouvrant le carton ?"],
        "pt": ["Como veio embalada a encomenda?", "O que viu ao abrir a caixa?"],
    },
    "about": {
        "en": "the packing",
        "es": "el embalaje",
        "de": "der Verpackung",
        "fr": "l'emballage",
        "pt": "a embalagem",
    },
    "words": {"en": ["box", "packing", "Tape"], "es": ["caja", "embalaje"], "de": ["karton"]},
}
GOAL = "Learn whether the new cartons hold"


def drafted(
    reply: Reply, monkeypatch: pytest.MonkeyPatch, moment: str = "exception"
) -> tuple[str, str]:
    """The study file and the remarks of `study new` with a model that answers this."""
    with OpenAiServer(reply) as server:
        monkeypatch.setenv("INTERVIEWER_LLM_BASE_URL", server.base_url)
        command = ["study", "new", "--moment", moment, "--goal", GOAL]
        done = CliRunner().invoke(app, command)
        assert server.calls == 1
        system, user = (m["content"] for m in server.requests[0]["messages"])
    assert GOAL in user
    assert GOAL not in system
    assert check_guide(done.stdout) == ()
    return done.stdout, " ".join(done.stderr.split())


def topic(**changes: Any) -> dict[str, Any]:
    return PACKING | changes


def worded(language: str, *wordings: str) -> dict[str, Any]:
    return topic(ask=PACKING["ask"] | {language: list(wordings)})


def test_a_model_drafts_the_topics(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = {"keep": ["told", "impact"], "topics": [topic(must=True)]}
    text, remarks = drafted(says(answer), monkeypatch)
    guide = load_guide(text)
    assert list(guide.topics) == ["what_happened", "told", "impact", "packing"]
    assert remarks == "kept of the ready study: what_happened, told, impact; new: packing"
    assert guide.topics["packing"].ask["de"] == tuple(PACKING["ask"]["de"])
    assert guide.topics["packing"].aspects["packing"].words["en"] == ("box", "packing", "tape")
    assert set(guide.fields) == {"told_when", "told_by"}
    assert "packing" in guide.open_topics({"exception_code": "damaged"})
    assert guide.variants["late_delivery"].then == ("packing", "impact")


def test_a_drafted_topic_takes_no_probe_away(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = {"keep": ["told"], "topics": [topic(must=True)]}  # two must topics, three questions
    assert not load_guide(drafted(says(answer), monkeypatch)[0]).topics["packing"].must


def test_what_is_commercial_is_kept_from_operations(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = {"keep": ["improve"], "topics": [topic(commercial=True)]}
    guide = load_guide(drafted(says(answer), monkeypatch, "renewal")[0])
    assert "change" in guide.topics  # whose place `improve` takes
    assert "packing" not in guide.open_topics({"contact_role": "warehouse"})
    assert "packing" in guide.open_topics({"contact_role": "buyer"})


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (worded("en", "Was the box damaged and did it leak?", "How?"), "compound"),
        (worded("en", "How terrible was the packing?", "How was the box?"), "leading"),
        (worded("en", "We will refund you. What broke?", "What?"), "promise"),
        (worded("en", "How was {brand_secret} packed?", "What did you see?"), "not in names"),
        (worded("en", "What did you see at http://bad.example?", "What was it?"), "link"),
        (worded("de", "How was the box packed?", "What did you see in it?"), "language"),
        (worded("es", "¿Cómo venía embalado?"), "no two wordings in 'es'"),
        (topic(name="Packing: {x}\nslug"), "not in small letters"),
        (topic(name="told"), "there is a topic of this name"),
        (topic(about=PACKING["about"] | {"en": "the box, see www.bad.example"}), "link"),
    ],
)
def test_a_faulty_topic_is_left_out(
    bad: dict[str, Any], reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = topic(name="opening")
    text, remarks = drafted(says({"keep": ["told"], "topics": [bad, good]}), monkeypatch)
    assert list(load_guide(text).topics) == ["what_happened", "told", "opening"]
    assert "left out" in remarks
    assert reason in remarks


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (fails(500), "status 500"),
        (refuses(), "refusal"),
        (says("Sure! Here are some topics."), "not valid: JSON"),
        (says({"keep": ["told"], "topics": [{"name": "packing"}]}), "not valid: topics.0.ask"),
    ],
)
def test_without_a_usable_answer_it_is_the_ready_study(
    reply: Reply, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text, remarks = drafted(reply, monkeypatch)
    assert text == draft("exception", GOAL)
    assert remarks == f"topics are those of the ready study: {reason}"


def test_without_a_model_it_says_so() -> None:
    done = CliRunner().invoke(app, ["study", "new", "--moment", "delivered", "--goal", GOAL])
    assert done.stdout == draft("delivered", GOAL)
    assert "no language model is set up" in done.stderr
