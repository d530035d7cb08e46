"""The catalogue in force today, as the pages need it."""

from fastapi import APIRouter

from api.records.catalogue import (
    BodyView,
    CatalogueView,
    CategoryView,
    KindView,
    MatterView,
    NoticeView,
    RoleView,
    WalkView,
)
from api.routes.signed import Recognised

router = APIRouter(prefix="/api", tags=["catalogue"])


@router.get("/catalogue")
async def get_catalogue(actor: Recognised) -> CatalogueView:
    now = actor.catalogue
    return CatalogueView(
        on=now.on,
        kinds=[
            KindView(
                key=k.key,
                name=k.name,
                name_en=k.name_en,
                body=k.body,
                recording=k.recording,
                access_class=k.access_class,
                group=k.group,
                ways=(body := now.body_of(k.key)) is not None and body.quorum_of_households is not None,
            )
            for k in now.kinds.values()
        ],
        categories=[CategoryView(key=c.key, name=c.name, name_en=c.name_en) for c in now.categories.values()],
        matters=[
            MatterView(
                key=m.key,
                name=m.name,
                name_en=m.name_en,
                category=m.category,
                procedure=m.procedure,
                body=m.body,
                access=m.access,
                guarantee=m.guarantee,
                walks=[
                    WalkView(
                        procedure=p.key,
                        name=p.name,
                        name_en=p.name_en,
                        body=walk.body,
                        ratified=any(step.urgent for step in p.step),
                    )
                    for walk in m.walks
                    if (p := now.procedures.get(walk.procedure)) is not None
                ],
                small_below_fen=m.small.below_fen if m.small else None,
                note=m.note,
            )
            for m in now.matters.values()
        ],
        bodies=[BodyView(key=b.key, name=b.name, name_en=b.name_en, source=b.source) for b in now.bodies.values()],
        roles=[RoleView(key=r.key, name=r.name, name_en=r.name_en) for r in now.roles.values()],
        notices=[
            NoticeView(key=n.key, version=n.version, text=n.text, text_en=n.text_en) for n in now.notices.values()
        ],
    )
