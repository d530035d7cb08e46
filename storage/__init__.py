"""Records, chains, signatures, object store, database, verification. Knows nobody above it."""
