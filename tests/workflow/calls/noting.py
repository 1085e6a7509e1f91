"""Notes which functions of the package this process calls."""

import atexit
import inspect
import os
import sys
import threading
from pathlib import Path
from types import CodeType, FrameType

called: set[CodeType] = set()


def note(frame: FrameType | None, event: str, argument: object) -> None:
    code = frame.f_code if frame else None
    if event != "call" or code is None or code in called or not is_ours(code):
        return
    # Modules are executed, with what they call, when they are loaded: whether or not it is used.
    while frame := frame and frame.f_back:
        if is_ours(frame.f_code) and frame.f_code.co_name == "<module>":
            return
    if code.co_flags & inspect.CO_OPTIMIZED:
        called.add(code)


def is_ours(code: CodeType) -> bool:
    # Templates are compiled as well; their pages have them as inputs.
    return "/src/synthgap/" in code.co_filename and code.co_filename.endswith(".py")


@atexit.register
def write() -> None:
    if called:
        place = Path(os.environ["CALLS"], str(os.getpid()))
        lines = [f"{code.co_filename}\t{code.co_firstlineno}" for code in called]
        place.write_text("\n".join([Path(sys.argv[0]).name, *lines]))


# Of all ways to hear of calls the fastest: of what they return nothing is said.
sys.settrace(note)
threading.settrace(note)
