"""The order in which servers are measured.

Interleaved: each server is measured once before any is measured again, and each round begins with another one, so
that a drift of the machine, or what one server leaves behind for the next, meets all of them.
"""


def interleaved(names, rounds):
    """Yields (round, name) in the order to measure in."""
    for turn in range(rounds):
        start = turn % len(names)
        for name in names[start:] + names[:start]:
            yield turn, name
