"""How much is known of what is proposed."""

SHOWN, UNTESTED, BY_HAND = "shown", "untested", "by hand"
"""Another variant shows it; nobody knows; the study cannot run it. In this order it is tried."""
