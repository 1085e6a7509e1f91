"""The same examples in every run, and none of them timed: the machine may be busy."""

from hypothesis import settings

settings.register_profile("synthgap", derandomize=True, deadline=None, max_examples=40)
settings.load_profile("synthgap")
