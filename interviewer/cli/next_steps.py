"""What to do next, said where somebody would ask."""

from interviewer.core.errors import InterviewerError
from interviewer.core.study import Study
from interviewer.doctor import unsaid
from interviewer.ports import Services
from interviewer.settings import read_settings
from interviewer.wiring import build

FIRST = """\
No database yet.
  interviewer init                 create it and load the ready studies
  interviewer try delivery-check   be interviewed, here in the terminal
  interviewer --help               every command"""

READY = """\
The studies are ready. Next:
  interviewer try delivery-check         be interviewed, here in the terminal
  interviewer key create --name shop     a key for the JSON API
  interviewer import accounts FILE       load the book of business
  interviewer study launch delivery-check
  interviewer serve                      pages and API on http://127.0.0.1:8000"""

RUNNING = """\
Live: {live}
  interviewer study list     studies and how far their interviews came
  interviewer analyze        themes and renewal risk from what was said
  interviewer serve          pages and API on http://127.0.0.1:8000"""


def next_step() -> str:
    """What `interviewer` alone says."""
    settings = read_settings()
    try:
        services = build(settings)
    except InterviewerError as error:
        return FIRST if "interviewer init" in error.message else f"error: {error.message}"
    live = [study.slug for study in services.store.studies() if study.state == "live"]
    if not live and not services.store.keys():
        return READY
    return RUNNING.format(live=", ".join(live) or "no study (interviewer study launch STUDY)")


def after_launch(services: Services, study: Study) -> list[str]:
    """What is still missing before anybody is written to."""
    said = [f"{study.slug} is live: new moments invite people; older ones stay history."]
    channels = [name for name in study.guide.channels if name in services.channels]
    if not channels:
        named = " or ".join(name for name in study.guide.channels if name != "chat") or "chat"
        said.append(
            f"Nobody is written to yet: no provider for {named} is set up. "
            "Interviews by API and by link work."
        )
    if missing := unsaid(services.organization):
        said.append(f"First messages need {', '.join(missing)}.")
    said.append("Next: interviewer import consents FILE, then interviewer worker")
    return said
