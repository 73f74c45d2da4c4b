"""The one root of what can go wrong, with theirs apart from ours."""


class CarewatchError(Exception):
    """Anything that carewatch itself raises; its text is a sentence that helps its reader."""


class NotAllowed(CarewatchError):
    """The state of things does not permit what was asked; nothing was changed."""


class Unavailable(CarewatchError):
    """Something outside (broker, database, network) is missing or does not answer."""
