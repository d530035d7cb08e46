"""The hub's own chain: sign-ins, looks, exports, rights given. Written last in a transaction (storage.ledger)."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from storage.ledger import append, open_chain


async def log_to_hub(session: AsyncSession, hub_id: str, kind: str, payload: dict[str, Any]) -> None:
    await append(session, await open_chain(session, "hub", hub_id), kind, payload)
