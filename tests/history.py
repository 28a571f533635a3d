# SPDX-License-Identifier: BSD-3-Clause
"""history: whether what clients of one counter saw can have been one counter (linearizability).

The counter begins at some value and knows two operations, an increment by one that returns nothing,
and a read. An operation takes effect at one moment between its call and its answer; an increment
whose answer never came does so at some moment after its call, or never.

The n-th increment takes effect at a moment T(n), in this order. A read of value v in [s, e] fits if
and only if T(v) < e and s < T(v + 1). So the reads alone give each T(n) a window, and both ends of
the windows grow with n. What remains is to give each window an increment that overlaps it, and
every answered increment a window: earliest deadline first does it if it can be done.
"""
import collections
import heapq
import math
import sys

# end is math.inf for an increment that was not answered.
Increment = collections.namedtuple("Increment", "begin end")
Read = collections.namedtuple("Read", "begin end value")


def windows(first, reads):
    """(low, high) of the moment of each increment that some read has seen."""
    highest = max((r.value for r in reads), default=first)
    low, high = {}, {}
    for r in reads:
        low[r.value] = max(low.get(r.value, -math.inf), r.begin)
        high[r.value] = min(high.get(r.value, math.inf), r.end)
    lows, at = [], -math.inf
    for value in range(first, highest):  # T(value + 1) is after every read of value or less
        at = max(at, low.get(value, -math.inf))
        lows.append(at)
    highs, at = [], math.inf
    for value in range(highest, first, -1):  # T(value) is before every read of value or more
        at = min(at, high.get(value, math.inf))
        highs.append(at)
    return list(zip(lows, reversed(highs)))


def last_begin(reads):
    """What no read has seen takes effect after the last of them has begun, at the earliest."""
    highest = max((r.value for r in reads), default=None)
    return max((r.begin for r in reads if r.value == highest), default=-math.inf)


def check(first, increments, reads):
    """None if it can have been one counter, or what is wrong."""
    for r in reads:
        if r.value < first:
            return f"{r.value} was read, below the first value, {first}"
    waiting, todo = [], sorted(increments)
    end_of_all = last_begin(reads)
    for n, (low, high) in enumerate(windows(first, reads), first + 1):
        if low >= high:
            return f"{n} was read before a read that did not see it began"
        end_of_all = max(end_of_all, low)
        while todo and todo[0].begin < high:
            one = todo.pop(0)
            heapq.heappush(waiting, (one.end, one.begin))
        if waiting and waiting[0][0] <= low:
            return f"an increment was acknowledged, and then {n - 1} was read without it"
        if not waiting:
            return f"{n} was read, which no increment had made"
        heapq.heappop(waiting)
    for one in [*todo, *(Increment(begin, end) for end, begin in waiting)]:
        if one.end <= end_of_all:
            return "an increment was acknowledged that the last reads did not see"
    return None


def parse(path):
    """A file of lines "first VALUE", "inc BEGIN END|lost" and "read BEGIN END VALUE"."""
    first, increments, reads = None, [], []
    with open(path, encoding="ascii") as f:
        for line in f:
            kind, *rest = line.split()
            if kind == "first":
                first = int(rest[0])
            elif kind == "inc":
                end = math.inf if rest[1] == "lost" else float(rest[1])
                increments.append(Increment(float(rest[0]), end))
            else:
                reads.append(Read(float(rest[0]), float(rest[1]), int(rest[2])))
    return first, increments, reads


def main():
    bad = 0
    totals = collections.Counter()
    for path in sys.argv[1:]:
        first, increments, reads = parse(path)
        lost = sum(i.end == math.inf for i in increments)
        totals.update(acknowledged=len(increments) - lost, uncertain=lost, reads=len(reads))
        wrong = check(first, increments, reads)
        if wrong:
            print(f"{path}: {wrong}")
            bad += 1
    print(f"{len(sys.argv) - 1} histories, {bad} of them impossible: " +
          ", ".join(f"{n} {what}" for what, n in totals.items()))
    sys.exit(bad > 0 or not totals["acknowledged"] or not totals["reads"])


if __name__ == "__main__":
    main()
