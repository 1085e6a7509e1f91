"""The report that a person opens: one page, the data behind it and its pictures."""
