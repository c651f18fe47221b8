"""Jobs that were started at the desk: each in a thread of the desk, its process beside it.

The job is on record, and its process has its lock, before the page that started it is answered; a
desk that ends leaves the process to its end, as a closed terminal does.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping

from fastapi import Request

from cases.errors import LanternError
from desk.web.place import DeskPlace
from gate.text import fold_line
from jobs.collecting import Order, collect, order

Event = dict[str, object]
KEPT_EVENTS = 2000
OVER = "over"  # the last event of every job


class RunningJobs:
    """What the jobs of this desk have told so far, by job."""

    def __init__(self) -> None:
        self._events: dict[str, list[Event]] = {}
        self._changed = threading.Condition()

    def start(self, place: DeskPlace, code: str, asked: Order) -> str:
        """Order a job and begin it; its id. Raises what ordering raises."""
        begun: list[str] = []
        fault: list[BaseException] = []
        ready = threading.Event()
        thread = threading.Thread(
            target=self._run, args=(place, code, asked, begun, fault, ready), daemon=True
        )
        thread.start()
        ready.wait()
        if fault:
            raise fault[0]
        return begun[0]

    def _run(
        self,
        place: DeskPlace,
        code: str,
        asked: Order,
        begun: list[str],
        fault: list[BaseException],
        ready: threading.Event,
    ) -> None:
        try:
            with place.acting(code) as acting:
                ordered = order(acting, asked)
                job = ordered.job.id
                self._events[job] = []
                begun.append(job)
                acting.sequence()
                ready.set()
                collect(acting, ordered, lambda event: self._told(job, event))
        except LanternError as error:
            if begun:
                self._told(begun[0], {"event": "fault", "says": error.says})
            fault.append(error)
        except BaseException as error:  # a bug: the page that waits must hear of it
            fault.append(error)
            raise
        finally:
            if begun:  # only now is everything written that its page will show
                self._told(begun[0], {"event": OVER})
            ready.set()

    def _told(self, job: str, event: Mapping[str, object]) -> None:
        line = {
            name: fold_line(value) if isinstance(value, str) else value
            for name, value in event.items()
        }
        with self._changed:
            held = self._events.setdefault(job, [])
            if len(held) < KEPT_EVENTS or event["event"] == OVER:
                held.append(line)
            self._changed.notify_all()

    def knows(self, job: str) -> bool:
        """Whether this desk runs or ran it."""
        return job in self._events

    def after(self, job: str, seen: int, wait_s: float) -> list[Event]:
        """What was told after the first `seen` events; waits for more for a while."""
        with self._changed:
            if len(self._events.get(job, ())) <= seen:
                self._changed.wait(wait_s)
            return list(self._events.get(job, ()))[seen:]


def running_of(request: Request) -> RunningJobs:
    """The jobs of the desk that a request came to."""
    jobs = request.app.state.jobs
    assert isinstance(jobs, RunningJobs)  # noqa: S101 - `create_app` put it there
    return jobs
