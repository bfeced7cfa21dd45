"""Studies from file to findings: add, launch, pause, close; analyze.

An analysis reads the closed interviews and the book of business, and stores its rows together with
the report; everything it depends on (encoder, clock) is passed in.
"""

from collections.abc import Callable

from interviewer.core.guide import InterviewGuide, guide_hash
from interviewer.core.study import Study, StudyState
from interviewer.ports import Services

Progress = Callable[[str, int, int], None]  # step, done, of how many


def add(services: Services, guide: InterviewGuide, source: str) -> Study:
    """Store the guide; a changed one becomes the next version, a known one changes nothing."""
    return services.store.save_study(
        Study(slug=guide.slug, version=0, guide=guide, guide_hash=guide_hash(guide), source=source)
    )


def set_state(services: Services, slug: str, state: StudyState) -> Study:
    """Launch, pause or close a study; raises NotFound."""
    return services.store.set_study_state(slug, state, services.clock.now())
