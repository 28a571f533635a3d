# SPDX-License-Identifier: BSD-3-Clause
"""selftest: what is known to lose what was acknowledged must be found out, or a good result means nothing."""
import catalog
from stack import Failed


def cut(lane, survival):
    tracer = lane.stack.tracer
    outages = tracer.outages
    tracer.tell("power", survival, 1)
    if not tracer.wait(lambda: tracer.outages > outages, 30):
        raise RuntimeError("the power cannot be cut")


def found_out(lane, fn):
    """The failure that fn leads to, or None."""
    lane.case = catalog.FAMILIES[0][0]
    lane.fresh()
    try:
        fn(lane)
        for _ in range(2):
            lane.recover()
        lane.check_platform()
    except Failed as e:
        return str(e)
    return None


def honest(lane):
    """The same with nothing wrong is not found out."""
    why = found_out(lane, lambda l: cut(l, 0))
    return "nothing is said of an honest disk" if not why else None


def lying(what):
    def lie(lane):
        lane.stack.tracer.ask("lie", what)
        lane.recover()
        cut(lane, 0)
    return lambda lane: found_out(lane, lie)


def back_in_time(lane):
    """Store and pTPM, both as they were: the manager cannot know, and the guests can."""
    def go(lane):
        cut(lane, 0)
        lane.stack.ptpm_down()
        lane.stack.keep()
        lane.recover()
        cut(lane, 0)
        lane.stack.ptpm_down()
        lane.stack.put_back()
    return found_out(lane, go)


SELF_TESTS = (
    ("an honest disk", honest),
    ("a disk that says it has synced", lying("syncs")),
    ("a disk that loses the states and nothing else", lying("writes")),
    ("store and pTPM turned back together", back_in_time),
)
