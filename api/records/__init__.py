"""What goes over the HTTP interface: requests and answers as records; the pages' contract, and OpenAPI's source.

Wall-clock times are RFC 3339 UTC text (`*_wall`), meeting time is integer milliseconds (`*_ms`), ids are text.
"""
