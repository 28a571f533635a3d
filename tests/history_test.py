# SPDX-License-Identifier: BSD-3-Clause
"""history_test: the checker of histories, on histories that are right and that are wrong."""
import itertools
import math
import random
import unittest

from history import Increment, Read, check

LOST = math.inf


class Possible(unittest.TestCase):
    def good(self, increments, reads, first=0):
        self.assertIsNone(check(first, increments, reads))

    def test_nothing_happened(self):
        self.good([], [])
        self.good([], [Read(0, 1, 7), Read(2, 3, 7)], first=7)

    def test_one_after_the_other(self):
        self.good([Increment(0, 1), Increment(4, 5)], [Read(2, 3, 1), Read(6, 7, 2)])

    def test_a_read_beside_an_increment_may_see_it_or_not(self):
        self.good([Increment(0, 10)], [Read(1, 2, 0)])
        self.good([Increment(0, 10)], [Read(1, 2, 1)])
        self.good([Increment(0, 10)], [Read(1, 2, 0), Read(3, 4, 1)])

    def test_what_was_not_answered_may_happen_or_not(self):
        self.good([Increment(0, LOST)], [Read(1, 2, 0), Read(3, 4, 0)])
        self.good([Increment(0, LOST)], [Read(1, 2, 1)])
        self.good([Increment(0, LOST)], [Read(5, 6, 0), Read(7, 8, 1)])
        self.good([Increment(0, LOST), Increment(2, 3)], [Read(4, 5, 1), Read(6, 7, 2)])

    def test_not_seen_because_nobody_looked(self):
        self.good([Increment(0, 1), Increment(5, 6)], [Read(2, 3, 1)])


class Impossible(unittest.TestCase):
    def bad(self, why, increments, reads, first=0):
        self.assertRegex(check(first, increments, reads) or "accepted", why)

    def test_acknowledged_and_not_there(self):
        self.bad("did not see", [Increment(0, 1)], [Read(2, 3, 0)])
        self.bad("did not see", [Increment(0, 1), Increment(2, 3)], [Read(4, 5, 1)])

    def test_acknowledged_and_forgotten_for_a_while(self):
        reads = [Read(2, 3, 0), Read(6, 7, 1)]
        self.bad("without it", [Increment(0, 1), Increment(4, 5)], reads)

    def test_a_read_goes_back(self):
        self.bad("did not see it", [Increment(0, LOST)], [Read(1, 2, 1), Read(3, 4, 0)])
        self.bad("did not see it", [Increment(0, 10)], [Read(1, 2, 1), Read(3, 4, 0)])

    def test_more_than_was_asked_for(self):
        self.bad("no increment", [Increment(0, 1)], [Read(2, 3, 2)])
        self.bad("no increment", [Increment(0, 1), Increment(4, 5)], [Read(2, 3, 2)])

    def test_done_twice(self):
        reads = [Read(2, 3, 2), Read(6, 7, 3)]
        self.bad("no increment", [Increment(0, 1), Increment(4, 5)], reads)

    def test_below_the_first(self):
        self.bad("below", [], [Read(0, 1, 6)], first=7)

    def test_an_unanswered_one_does_not_stand_in_for_an_acknowledged_one(self):
        increments = [Increment(0, 1), Increment(2, LOST), Increment(2, 3)]
        self.bad("did not see", increments, [Read(4, 5, 1)])

    def test_the_end_of_a_rollback(self):
        """Counted to 3, thrown back to 1, counted on."""
        increments = [Increment(t, t + 1) for t in (0, 2, 4, 10)]
        reads = [Read(6, 7, 3), Read(8, 9, 1), Read(12, 13, 2)]
        self.bad("without it|did not see", increments, reads)


def possible(first, increments, reads):
    """By trying every order."""
    lost = [i for i in increments if i.end == LOST]
    answered = [i for i in increments if i.end != LOST]
    for n in range(len(lost) + 1):
        for happened in itertools.combinations(lost, n):
            for order in itertools.permutations([*answered, *happened, *reads]):
                if fits(first, order):
                    return True
    return False


def fits(first, order):
    begun, value = -math.inf, first
    for one in order:
        begun = max(begun, one.begin)
        if begun >= one.end:
            return False
        if isinstance(one, Increment):
            value += 1
        elif one.value != value:
            return False
    return True


class Random(unittest.TestCase):
    def test_agrees_with_trying_every_order(self):
        rng = random.Random(1)
        verdicts = {True: 0, False: 0}
        for _ in range(3000):
            increments, reads = some_history(rng)
            expected = possible(0, increments, reads)
            verdicts[expected] += 1
            self.assertEqual(check(0, increments, reads) is None, expected, (increments, reads))
        self.assertGreater(min(verdicts.values()), 300)


def some_history(rng):
    moments = rng.sample(range(100), 12)
    spans = [sorted(moments[i : i + 2]) for i in range(0, 12, 2)]
    n = rng.randrange(1, 4)
    increments = [Increment(b, LOST if rng.random() < 0.3 else e) for b, e in spans[:n]]
    reads = [Read(b, e, rng.randrange(n + 1)) for b, e in spans[n : n + rng.randrange(1, 4)]]
    return increments, reads


if __name__ == "__main__":
    unittest.main()
