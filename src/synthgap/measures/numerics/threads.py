"""Tiles of a large computation on several threads, each of which multiplies on its own.

BLAS's own threads wait for one another at the end of each product, and all of them for what numpy
does in between. numpy and BLAS release the interpreter's lock, so that Python's threads need not.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")


def in_order(
    work: Callable[[Task], Result], tasks: Iterable[Task], threads: int
) -> Iterator[Result]:
    """Do the work on threads, and give the results in the order of the tasks.

    Tasks are taken as they are needed, a few ahead of the results.
    """
    if threads == 1:
        yield from map(work, tasks)
        return
    from threadpoolctl import threadpool_limits

    pending: deque[Future[Result]] = deque()
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(threads) as pool:
        for task in tasks:
            pending.append(pool.submit(work, task))
            if len(pending) > 2 * threads:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()


def of_blas() -> int:
    """How many threads numpy's BLAS has been given."""
    from threadpoolctl import threadpool_info

    return max(
        (int(pool["num_threads"]) for pool in threadpool_info() if pool["user_api"] == "blas"),
        default=1,
    )
