"""What `interviewer doctor` asks for, by the names of the settings."""

from interviewer.doctor import unsaid
from interviewer.ports import Organization
from interviewer.settings import Settings

SAID = Organization("Harbor Parcel", "help@example.com", "1 Dock Rd", "https://p", "https://f")


def test_what_first_messages_need_is_asked_for_and_nothing_else() -> None:
    asked = unsaid(Organization("", "", "", "", ""))
    assert {name.removeprefix("INTERVIEWER_").lower() for name in asked} <= {*Settings.model_fields}
    assert len(asked) == 5
    assert unsaid(SAID) == []
