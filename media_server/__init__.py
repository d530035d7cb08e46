"""The relay: bytes in, bytes out. Knows peers, sources, slots; no meetings' rules, no database, no disk."""
