"""Photos: made anew without what a camera hides in them, limited, and kept with their interview."""

import asyncio
import io
from pathlib import Path

import pytest
from PIL import Image

from interviewer.core.errors import InvalidInput, NotAllowed
from interviewer.core.interview import Interview
from interviewer.interviews import conversation, photos
from interviewer.interviews.conversation import Opening
from interviewer.ports import Services
from tests.fakes import services_in

ORIENTATION, GPS, MAKER = 0x0112, 0x8825, 0x010F


def picture(kind: str = "JPEG", size: tuple[int, int] = (2400, 1200), **more: object) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", size, "brown").save(written, kind, **more)  # type: ignore[arg-type]
    return written.getvalue()


@pytest.fixture
def services(tmp_path: Path) -> Services:
    return services_in(tmp_path)


def begun(services: Services, study: str = "claim-intake") -> Interview:
    return asyncio.run(conversation.start(services, study, Opening(context={}))).interview


def test_a_photo_is_turned_upright_made_smaller_and_says_nothing_of_its_camera(
    services: Services,
) -> None:
    exif = Image.Exif()
    exif[ORIENTATION], exif[MAKER] = 6, "Secret Camera"
    exif.get_ifd(GPS)[1] = "N"
    taken = photos.add(services, begun(services), picture(exif=exif))
    kept = services.store.photo(taken.photo_id)
    assert (kept.width, kept.height) == (800, 1600)
    made = Image.open(io.BytesIO(kept.jpeg))
    assert (made.format, made.size) == ("JPEG", (800, 1600))
    assert not made.getexif()
    assert b"Secret" not in kept.jpeg
    assert b"Exif" not in kept.jpeg


@pytest.mark.parametrize("kind", photos.FORMATS)
def test_what_phones_and_desktops_take_is_read(services: Services, kind: str) -> None:
    taken = photos.add(services, begun(services), picture(kind, (40, 30)))
    assert Image.open(io.BytesIO(taken.jpeg)).format == "JPEG"


@pytest.mark.parametrize(
    "upload",
    [
        b"",
        b"no picture",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        picture("GIF", (9, 9)),
        picture()[:300],
        b"\x89PNG\r\n\x1a\n" + b"\x00" * 40,
        picture("PNG", (9000, 7000)),  # small as a file, and 63 million pixels
    ],
    ids=["empty", "text", "svg", "gif", "cut off", "broken", "bomb"],
)
def test_what_is_no_photo_of_ours_is_refused(services: Services, upload: bytes) -> None:
    interview = begun(services)
    with pytest.raises(InvalidInput):
        photos.add(services, interview, upload)
    assert services.store.photos([interview.interview_id]) == []


def test_only_a_study_that_takes_photos_takes_them_and_so_many(services: Services) -> None:
    small = picture(size=(20, 20))
    with pytest.raises(NotAllowed):
        photos.add(services, begun(services, "delivery-check"), small)
    interview = begun(services)
    for _ in range(6):
        photos.add(services, interview, small)
    with pytest.raises(NotAllowed):
        photos.add(services, interview, small)
    with pytest.raises(NotAllowed):
        photos.add(services, interview.evolve(status="closed"), small)


def test_who_sent_photos_is_not_asked_for_them(services: Services) -> None:
    interview = begun(services)
    photos.add(services, interview, picture(size=(20, 20)))
    assert services.store.interview(interview.interview_id).context["photos"] == "yes"
