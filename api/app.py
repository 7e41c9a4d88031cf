"""The ASGI application: addresses, problems, pages and live connections around the parts of a controller."""

from collections.abc import Callable
from importlib.metadata import version

from fastapi import FastAPI

from api import live, openapi, openapi_access, pages, problems
from api.access import PREFIX
from api.body_limit import BodyLimit
from api.day_reports import DayReports
from api.parts import Parts
from api.phones import Phones
from api.routers import (
    accounts,
    aids,
    appointments,
    cases,
    closing,
    contract,
    devices,
    explain,
    halls,
    health,
    help_calls,
    notices,
    offers,
    operations,
    orders,
    paper_reviews,
    papers,
    phone_cases,
    plain_phone,
    plan_drafts,
    print_jobs,
    rectifications,
    reports,
    reviews,
    session,
    tickets,
    window_signs,
    windows,
)


def make_app(parts: Parts, phones: Phones, measure: Callable[[], None]) -> FastAPI:
    """Return the application.

    Args:
        parts: what requests are answered with.
        phones: the phones that follow tickets.
        measure: brings the metrics up to now, before they are read.
    """
    app = FastAPI(
        title="Yichuang",
        summary="Service-floor controller of public service halls",
        version=version("yichuang"),
        docs_url=None,
        redoc_url=None,
    )
    app.state.parts = parts
    app.state.phones = phones
    app.state.measure = measure
    app.state.reports = DayReports(parts.journal)
    # Cases stand before windows: opening one has the form of a press.
    for router in (
        halls.router,
        closing.router,
        appointments.router,
        appointments.places,
        tickets.router,
        phone_cases.router,
        offers.router,
        explain.router,
        cases.router,
        windows.router,
        window_signs.router,
        reviews.router,
        rectifications.router,
        rectifications.contacts,
        paper_reviews.router,
        plan_drafts.router,
        reports.router,
        aids.router,
        help_calls.router,
        notices.router,
        devices.router,
        health.router,
        orders.router,
        papers.router,
        print_jobs.router,
        session.router,
        accounts.router,
    ):
        app.include_router(router, prefix=PREFIX)
    app.include_router(operations.router)
    app.include_router(contract.router)
    app.include_router(plain_phone.router)
    app.router.routes.extend(live.routes())
    pages.add_pages(app)
    problems.add_handlers(app)
    pages.add_missing(app)
    openapi.describe(app)
    openapi_access.describe(app)
    app.add_middleware(BodyLimit)
    return app
