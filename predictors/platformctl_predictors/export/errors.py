"""What can keep a model from being exported."""


class Unexportable(ValueError):
    """There can be no export of this model; the message says why, and which step it is."""


class BadRows(ValueError):
    """The rows that were given cannot be used; the message says which, and why."""
