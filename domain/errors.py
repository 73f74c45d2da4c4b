"""The one root of what can go wrong, with theirs apart from ours."""

from domain.refusals import Refusal


class CarewatchError(Exception):
    """Anything that carewatch itself raises; its text is a sentence that helps its reader.

    ``why`` is what it was raised with: sentences, or refusals that can be said in any language.
    """

    def __init__(self, *why: str | Refusal) -> None:
        super().__init__(" ".join(map(str, why)))
        self.why = why


class NotAllowed(CarewatchError):
    """The state of things does not permit what was asked; nothing was changed."""


class Unavailable(CarewatchError):
    """Something outside (broker, database, network) is missing or does not answer."""
