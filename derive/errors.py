"""What can go wrong through no fault of ours: one class, whose message is one sentence for a person."""


class Misuse(ValueError):
    """Something was asked that cannot be done; the sentence says what, what was got and what to do.

    The command line prints it and exits with status 2.
    """
