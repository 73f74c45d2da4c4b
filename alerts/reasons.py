"""Why something became of an alert: a code with values, of which a sentence is made.

The sentence is English, for logs, the API's ``reason`` and webhooks. Whoever speaks to people in
their own language says the code with words of their own; the console does, in each of its
languages, and a test proves that it has words for all of :data:`SENTENCES`.

A value is called what it is, so that it can be said in any language: ``kind`` is a kind of
alert, ``priority`` and ``before`` are priorities, ``person``, ``holder`` and ``to`` user names,
``due``, ``until``, ``at`` and ``made_at`` instants in ISO 8601, ``parties`` those who are asked.
``note`` is what somebody wrote, and stands at the end, whatever the code.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

SENTENCES: Mapping[str, str] = {
    # what devices told
    "told": "Told by {sources}",
    "rehearsed": "Told by a dry run",
    "told_again": "Told again, by {source}",
    "told_worse": "Of {priority} priority instead of {before}, by {source}",
    "told_over": "Told to be over, by {source}",
    "told_over_here": "Told to be over, by {source}; it still holds at {sources}",
    "told_before_recorded": "Told before it could be recorded, at {at}: {parties}",
    # who is asked
    "asked_now": "Asked now: {parties}",
    "asked_again": "Asked now again ({time} of {times}): {parties}",
    "listed": "On the list of {parties}, without a sound, until {until}",
    "round_over": "All have been asked and nobody has it; the centre is told",
    "nobody_registered": "Nobody is registered who could be asked; it stays with the centre",
    "nobody_answered": "No answer from {responsible} by {due}",
    "went_silent": "{holder} took it, and has not been heard of by {due}",
    "nobody_reached": "Nobody of {responsible} could be reached by any channel",
    "stays_on_site": "It stays with who is on site; the centre is told",
    "restored": "Restored from the backup of {made_at}; what happened since is not known here",
    # why it is these people
    "on_duty": "{people}: on duty by the rota {rota} of {team} until {until}",
    "on_duty_long": "{people}: on duty by the rota {rota} of {team} for two days or more",
    "off_duty": "nobody is on duty in {team} until {until}",
    "off_duty_long": "nobody is on duty in {team} for two days or more",
    "by_rota": "by the rota {rota}",
    "centre_stands_in": "the centre stands in",
    # what holds it back, and what ends that
    "quiet_hours": "Quiet hours hold it back until {until}",
    "silenced_until": "{person} has silenced it until {until}",
    "absent_until": "{resident} is absent ({cause}), noted until {until}",
    "silenced": "{person} has silenced it",
    "silence_ended": "{person} has ended the silence",
    "absence_noted": "{person} has noted that {resident} is absent",
    "absence_changed": "{person} has changed the absence",
    "absence_ended": "{person} has ended the absence",
    "wait_over": "It was held back, and is told now",
    "not_covered": "What holds it back does not cover this",
    # louder alerts beside it
    "behind": "Held back while {kind} is open",
    "raised_beside": "{kind} was raised beside it",
    "hastened_beside": "{kind} of {priority} priority was raised beside it",
    "louder_over": "{kind} is over, and this still holds",
    "kept_beside": "{kind} is held back while this is open",
    "kept_over": "{kind}, which was held back, is over",
    "kept_told": "Told by {sources}, and held back while {kind} was open",
    # what people did
    "accepted": "Accepted by {person}",
    "rejected": "Declined by {person}",
    "declined": "Declined (not asked at this moment) by {person}",
    "withdrawn": "Given back by {person}",
    "on_the_way": "On the way by {person}",
    "arrived": "At the door by {person}",
    "hand_over_offered": "{person} asks {to} to take it over",
    "hand_over_rejected": "Not taken over by {person}",
    "hand_over_lapsed": "No answer from {name}; it stays with {holder}",
    "taken_over": "Taken over by {person} from {holder}",
    "joined": "Helped by {person}",
    "left": "No longer helped by {person}",
    "resolved": "Resolved by {person}",
    # why a message did not get through, or went otherwise
    "sent_together": "together with others",
    "channel_gone": "the channel was taken away, or is not confirmed any more",
    "no_service": "no service for {channel} is set up",
    "unfit_setting": "the setting for {channel} and the address do not fit",
    "not_taken": "the service for {channel} did not take it",
    "answered": "Answered {status}: {text}",
    "unreachable": "{error}",
    "no_service_set": "no service for {channel} is set up: {setting}",
    "code_unsent": "The code was not sent",
    "codes_too_many": "{most} codes were sent within an hour: ask for this one later",
    "push_answered": "the push service answered {status}",
    "push_unanswered": "the push service answered nothing",
    "push_unreachable": "no answer ({error})",
    "push_ended": "the browser has ended its subscription",
    "push_keys": "the keys of the subscription are none",
    "push_key_unread": "the key of web push cannot be read",
}
"""What a code says in English, without its full stop."""


@dataclass(frozen=True, slots=True)
class Reason:
    """A code of :data:`SENTENCES` with what its sentence tells of."""

    code: str
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def said(self) -> str:
        """Part of a sentence: without a full stop, and without the note."""
        return SENTENCES[self.code].format(
            **{name: _listed(value) for name, value in self.values.items()}
        )

    def __str__(self) -> str:
        note = self.values.get("note")
        return f"{self.said}: {note}" if note else f"{self.said}."

    def as_json(self) -> dict[str, Any]:
        return {"code": self.code, "values": {k: _as_json(v) for k, v in self.values.items()}}


Reasons = tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Party:
    """A party among those that a reason names, and why it is these people of it."""

    name: str
    why: Reasons = ()

    def __str__(self) -> str:
        return f"{self.name} ({listed(self.why)})" if self.why else self.name

    def as_json(self) -> dict[str, Any]:
        return {"name": self.name, "why": as_json(self.why)}


def because(code: str, /, **values: Any) -> Reason:
    """A reason; what is None is left out."""
    return Reason(code, {name: value for name, value in values.items() if value is not None})


def sentence(reasons: Iterable[Reason]) -> str:
    """All of them, as sentences one after the other."""
    return " ".join(map(str, reasons))


def listed(reasons: Iterable[Reason]) -> str:
    """All of them, as parts of one sentence."""
    return "; ".join(each.said for each in reasons)


def as_json(reasons: Iterable[Reason]) -> list[dict[str, Any]]:
    """As they are kept beside the sentence, and told to other programs."""
    return [each.as_json() for each in reasons]


def _listed(value: Any) -> Any:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else value


def _as_json(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_as_json(each) for each in value]
    return value.as_json() if isinstance(value, Party) else value
