"""Photos of a claim: decoded, made anew without what a camera hides in them, kept with the rest."""

import io
from dataclasses import replace

from interviewer.core.errors import Conflict, InvalidInput, NotAllowed
from interviewer.core.interview import Interview
from interviewer.ports import Services
from interviewer.store import Photo

UPLOAD_LIMIT = 10 * 1024 * 1024  # bytes
FORMATS = ("JPEG", "PNG", "WEBP")
MOST_PIXELS = 60_000_000  # of an upload, before it is decoded
LONGEST_SIDE = 1600  # pixels of what is kept
QUALITY = 85
FIELD = "photos"  # the coded field that a photo answers
SAVES = 3  # tries, when the conversation goes on in the meantime


def add(services: Services, interview: Interview, upload: bytes) -> Photo:
    """Keep a photo with an interview whose study takes them.

    Raises:
        NotAllowed: This interview takes no photo, or no more of them.
        InvalidInput: It is no picture that we read.
    """
    guide = services.store.study(interview.study, interview.study_version).guide
    if interview.status != "open" or not guide.photos:
        raise NotAllowed("this interview takes no photos")
    photo = Photo(services.new_id(), interview.interview_id, services.clock.now(), 0, 0)
    photo = _encoded(photo, upload)
    try:
        services.store.add_photo(photo, guide.photos)
    except Conflict:
        raise NotAllowed(f"{guide.photos} photos are the most") from None
    if FIELD in guide.fields:
        _remember(services, interview.interview_id)
    return photo


def _encoded(photo: Photo, upload: bytes) -> Photo:
    """The picture as a JPEG of our own: turned upright, no larger than needed, no metadata."""
    from PIL import Image, ImageOps

    try:
        with Image.open(io.BytesIO(upload), formats=FORMATS) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise InvalidInput("photo", f"has more than {MOST_PIXELS:,} pixels")
            opened.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            upright = ImageOps.exif_transpose(opened)
            upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            whole = upright.convert("RGBA")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError, Warning) as error:
        raise InvalidInput("photo", f"is no {', '.join(FORMATS)} picture") from error
    plain = Image.new("RGB", whole.size, "white")
    plain.paste(whole, mask=whole)
    written = io.BytesIO()
    plain.save(written, "JPEG", quality=QUALITY, optimize=True)
    return replace(photo, width=plain.width, height=plain.height, jpeg=written.getvalue())


def _remember(services: Services, interview_id: str) -> None:
    """There are photos now: the interview need not ask for them."""
    for _ in range(SAVES):
        interview = services.store.interview(interview_id)
        if interview.context.get(FIELD) is not None or FIELD in interview.fields:
            return
        try:
            services.store.save_interview(
                interview.evolve(context={**interview.context, FIELD: "yes"})
            )
        except Conflict:
            continue
        return
