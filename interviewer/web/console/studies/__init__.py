"""The pages about studies: which there are, how they go, writing, trying and rehearsing one."""

from fastapi import APIRouter

from interviewer.web.console.studies import editor, gallery, launching, overview, trial

router = APIRouter()
for part in (gallery, editor, trial, launching, overview):  # `/studies/new` is no slug
    router.include_router(part.router)
