import inspect
import time
from threading import Semaphore
from types import SimpleNamespace

import pytest
from snakemake import common, rules
from snakemake.scheduling.job_scheduler import JobScheduler

from synthgap.jobs.scheduling import mend_looking_again, mend_looking_at_functions


@pytest.fixture
def scheduler(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """What of Snakemake's scheduler the method takes."""
    monkeypatch.setattr(
        JobScheduler, "_schedule_reevalutation", JobScheduler._schedule_reevalutation
    )
    mend_looking_again()
    return SimpleNamespace(_open_jobs=Semaphore(0))


def looks(scheduler: SimpleNamespace, seconds: float) -> int:
    """How often the scheduler is woken in this time, where each look asks for another one."""
    end, count = time.monotonic() + seconds, 0
    while (left := end - time.monotonic()) > 0:
        if scheduler._open_jobs.acquire(timeout=left):
            count += 1
            JobScheduler._schedule_reevalutation(scheduler, 0.05)
    return count


def test_jobs_that_end_do_not_multiply_the_looks(scheduler):
    """Without the mending each of the fifty would be followed by twenty looks a second."""
    for _ in range(50):
        scheduler._open_jobs.release()
    assert 50 + 2 <= looks(scheduler, 1) <= 50 + 21


def test_each_look_is_followed_by_another(scheduler):
    JobScheduler._schedule_reevalutation(scheduler, 0.01)
    for _ in range(20):
        assert scheduler._open_jobs.acquire(timeout=10)
        JobScheduler._schedule_reevalutation(scheduler, 0.01)


def test_a_longer_delay_does_not_hold_up_a_shorter_one(scheduler):
    JobScheduler._schedule_reevalutation(scheduler, 60)
    JobScheduler._schedule_reevalutation(scheduler, 0.01)
    assert scheduler._open_jobs.acquire(timeout=10)


def test_a_function_of_a_rule_is_looked_at_once(monkeypatch: pytest.MonkeyPatch):
    for module in (common, rules):
        monkeypatch.setattr(module, "get_function_params", common.get_function_params)
    look, looked = inspect.signature, []
    monkeypatch.setattr(inspect, "signature", lambda of: (looked.append(of), look(of))[1])
    mend_looking_at_functions()

    def memory(wildcards, attempt):
        return attempt * int(wildcards)

    def everything(wildcards, **others):
        return others

    for number in range(3):
        assert rules.get_function_params(memory).keys() == {"wildcards", "attempt"}
        asked = {"attempt": number, "threads": 1}
        assert common.get_input_function_aux_params(memory, asked) == {"attempt": number}
        assert common.get_input_function_aux_params(everything, asked) == asked
    assert looked == [memory, everything]
