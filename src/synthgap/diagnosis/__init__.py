"""Which of four causes a class of a variant suffers from, and what to try."""
