"""`make demo`: one village meeting played by itself, from the first frame to the inspector's replay."""
