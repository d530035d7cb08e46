"""Moments as requests write them."""

from datetime import datetime

from api.errors.request import BadRequest


def read_moment(text: str | None, field: str) -> datetime | None:
    """ISO 8601 with a time zone, of the years 2000 to 2200. Raises BadRequest, naming the field."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None or not 2000 <= moment.year <= 2200:
            raise ValueError(text)
    except ValueError:
        wrong = {"field": field, "code": "datetime", "message": "ISO 8601 with a time zone"}
        raise BadRequest(fields=[wrong]) from None
    return moment
