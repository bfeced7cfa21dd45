"""Reports as they were made."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from interviewer.web.console.frame import REPORT_POLICY, show
from interviewer.web.doors import Parts

router = APIRouter(include_in_schema=False)


@router.get("/reports")
def show_reports(request: Request, services: Parts) -> Response:
    """Every analysis that was made."""
    return show(request, "reports.html.j2", runs=services.store.runs())


@router.get("/reports/{run_id}")
def show_report(run_id: str, services: Parts) -> Response:
    """A stored report as it was made, shut off from these pages."""
    report = services.store.run(run_id, "report").report
    return HTMLResponse(report, headers={"Content-Security-Policy": REPORT_POLICY})
