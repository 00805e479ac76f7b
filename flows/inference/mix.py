"""Stand-in."""


def gated(cells, earlier, p):
    return p
