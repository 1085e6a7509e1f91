"""Notes which functions of the package a process calls; Python loads this from its path."""

import atexit
import inspect
import os
import sys
import threading
from pathlib import Path
from types import CodeType, FrameType

called: set[CodeType] = set()


def note(frame: FrameType, event: str, argument: object) -> None:
    if event == "call" and "/src/synthgap/" in frame.f_code.co_filename:
        called.add(frame.f_code)


@atexit.register
def write() -> None:
    # Classes and modules are executed when they are loaded, whether or not anything calls them.
    functions = [code for code in called if code.co_flags & inspect.CO_OPTIMIZED]
    if functions:
        place = Path(os.environ["CALLS"], str(os.getpid()))
        lines = [f"{code.co_filename}\t{code.co_firstlineno}" for code in functions]
        place.write_text("\n".join([Path(sys.argv[0]).name, *lines]))


sys.setprofile(note)
threading.setprofile(note)
