"""A study file to start from: for every moment, and it passes as it is."""

from pathlib import Path
from typing import get_args

import pytest
from typer.testing import CliRunner

from interviewer.cli import app
from interviewer.core.errors import InvalidInput, NotFound
from interviewer.core.guide import Moment
from interviewer.new_study import COMMENTS, closest, draft, moments_named
from interviewer.prompts_folder import check_guide, load_guide


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
