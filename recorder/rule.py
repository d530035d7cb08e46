"""Which pictures of a meeting are kept (DESIGN §6): data of its kind, and the number of its sites. Pure."""

from media_server.records import Pictures


def pictures_kept(up_to_sites: int | None, sites: int) -> Pictures:
    """`up_to_sites`: of a meeting with more sites than that only cameras that are shown or whose site speaks are kept;
    None: every camera of every meeting."""
    return "shown" if up_to_sites is not None and sites > up_to_sites else "all"
