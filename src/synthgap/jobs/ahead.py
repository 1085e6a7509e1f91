"""Work done ahead on threads, so that whoever takes the results never waits for them."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def ahead(
    function: Callable[[Item], Result], items: Iterable[Item], threads: int, most: int
) -> Iterator[Result]:
    """Yield `function(item)` in the order of the items, computed by threads.

    At most `most` results are computed or waiting before the first of them is taken, and no more
    items are drawn than that. An error of the function is raised in its place.

    >>> list(ahead(abs, [-3, 2, -1], threads=2, most=2))
    [3, 2, 1]
    """
    waiting: deque[Future[Result]] = deque()
    pool = ThreadPoolExecutor(threads)
    try:
        for item in items:
            waiting.append(pool.submit(function, item))
            if len(waiting) == most:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
