"""Which settings make which providers, and what is said when one is missing."""

import asyncio
from pathlib import Path

import pytest

from interviewer.core.errors import InvalidInput
from interviewer.core.invitation import OutboundMessage
from interviewer.doctor import examine
from interviewer.settings import read_settings
from interviewer.wiring import build
from tests.fakes import initialized

TWILIO = {"TWILIO_ACCOUNT_SID": "AC1", "TWILIO_AUTH_TOKEN": "a,b", "TWILIO_SENDER": "+15005550006"}
MAIL = {"SMTP_URL": "smtp://127.0.0.1", "MAIL_FROM": "Us <us@example.com>", "SECRET": "x" * 32}
PUBLIC = {"PUBLIC_URL": "https://feedback.example.com"}


@pytest.fixture(autouse=True)
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "test.db").write_bytes(initialized())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("INTERVIEWER_DATABASE_URL", "sqlite:///test.db")


def given(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(f"INTERVIEWER_{name}", value)


@pytest.mark.parametrize(
    ("variables", "channels"),
    [
        ({}, set()),
        (TWILIO | PUBLIC, {"sms"}),
        (MAIL | PUBLIC, {"email"}),
        (TWILIO | MAIL | PUBLIC, {"sms", "email"}),
        ({"CONSOLE": "true"}, {"sms"}),
        ({"CONSOLE": "true", "SECRET": "x" * 32}, {"sms", "email"}),
    ],
)
def test_settings_make_channels(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], channels: set[str]
) -> None:
    given(monkeypatch, variables)
    assert set(build(read_settings()).channels) == channels
    assert not [check for check in examine() if check.state == "fails"]


@pytest.mark.parametrize("missing", ["TWILIO_AUTH_TOKEN", "TWILIO_SENDER", "MAIL_FROM", "SECRET"])
def test_half_a_provider_names_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    given(monkeypatch, {name: value for name, value in (TWILIO | MAIL).items() if name != missing})
    with pytest.raises(InvalidInput, match=f"INTERVIEWER_{missing}"):
        read_settings()


@pytest.mark.parametrize(("provider", "name"), [(TWILIO, "sms"), (MAIL, "mail")])
def test_a_provider_that_nobody_can_call_back_fails(
    monkeypatch: pytest.MonkeyPatch, provider: dict[str, str], name: str
) -> None:
    given(monkeypatch, provider)
    (check,) = [check for check in examine() if check.name == name]
    assert check.state == "fails"
    assert "INTERVIEWER_PUBLIC_URL" in check.detail


def test_the_console_prints(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given(monkeypatch, {"CONSOLE": "true"})
    message = OutboundMessage(
        message_key="i1:2", interview_id="i1", seq=2, channel="sms", address="+1", text="Hello?"
    )
    asyncio.run(build(read_settings()).channels["sms"].send(message))
    assert capsys.readouterr().out == "--- sms to +1 (reply)\nHello?\n\n"
