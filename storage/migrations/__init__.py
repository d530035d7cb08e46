"""The schema's versions, in order; each states its operations, none calls on today's models."""
