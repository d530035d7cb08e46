"""The api as an application: settings in, FastAPI out; the lifespan opens what it needs and closes it again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from api import problems
from api.config import ApiConfig
from api.house import House
from api.openapi import describe
from api.routes import (
    branches,
    catalogue,
    channel,
    decisions,
    deliveries,
    desks,
    downloads,
    feedback,
    gaps,
    glimpses,
    ice_servers,
    imports,
    keeping,
    meetings,
    notices,
    pages,
    papers,
    public,
    quality,
    recordings,
    rules,
    second_factor,
    service,
    sessions,
    sign_in,
    sign_ins,
    signed_papers,
    substitutes,
    trust,
    units,
)
from api.routes.guards import Guards

# In order: what is more special first, the pages last.
ROUTERS = (sign_in, second_factor, sign_ins, substitutes, catalogue, units, imports, meetings, sessions, ice_servers,
           channel, decisions, desks, deliveries, recordings, glimpses, downloads, quality, gaps, keeping, rules,
           notices, papers, signed_papers, branches, feedback, service, trust, public, pages)  # fmt: skip


def create_app(config: ApiConfig) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with House.opened(config) as house:
            app.state.house = house
            _look_up(app)
            yield

    app = FastAPI(title="会录 Huilu", version="1", lifespan=lifespan, docs_url=None, redoc_url=None,
                  openapi_url="/api/openapi.json")  # fmt: skip
    for error in problems.FORESEEN:
        app.add_exception_handler(error, problems.on_foreseen)
    app.add_exception_handler(RequestValidationError, problems.on_validation)
    app.add_exception_handler(HTTPException, problems.on_http)
    for module in ROUTERS:
        app.include_router(module.router)
    app.add_middleware(Guards)
    app.openapi = partial(describe, app)  # type: ignore[method-assign]  # FastAPI's own way to change the document
    return app


def _look_up(app: FastAPI) -> None:
    """FastAPI works a router's routes out when one is first looked for there: 0.25 s in all, which whoever comes first
    would wait."""
    scope = {"type": "http", "method": "GET", "path": "/api/nothing", "headers": []}
    for route in app.routes:
        route.matches(scope)


__all__ = ["ApiConfig", "create_app"]
