"""三会一课 of a branch: what it must hold, what it holds, what is missing, its report; pure, no clock, no database."""
