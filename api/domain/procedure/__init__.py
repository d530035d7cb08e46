"""A decision record walks a procedure: acts in, standing out; no clock, no database (words: docs/PROCEDURES.md)."""
