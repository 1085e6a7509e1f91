"""Charts and contact sheets."""
