"""A small model of one decision record, from the rules and importing nothing of ours, to compare the engine with."""
