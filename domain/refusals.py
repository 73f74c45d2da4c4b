"""Why something that people ask for is not done: a code with values, of which a sentence is made.

The sentence is English, for logs, the command line and the API's ``detail``. Whoever speaks to
people in their own language says the code with words of their own; the console does, in each of
its languages, and a test proves that it has words for all of :data:`SENTENCES`. What no person
meets at a screen (a cursor, a header, a signature) is a plain sentence without a code, and
messages of devices have codes of their own (``gateway/contract.py``).

A value is called what it is, so that it can be said in any language: ``role``, ``level``,
``priority``, ``state``, ``change``, ``kind``, ``channel`` and ``day`` are values of the API,
``field`` names fields of a body, ``holder``, ``person`` and ``username`` are user names, and a
``team``, ``resident``, ``home``, ``device`` or ``rota`` is named by its id. ``step`` counts
from 1.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SENTENCES: Mapping[str, str] = {
    # the life of an alert
    "taken": "{holder} has taken this alert: speak to {holder}, or wait until it is given back.",
    "alert_over": "This alert is resolved: nothing more is to be done.",
    "alert_untaken": "Nobody has taken this alert yet: accept it first, or reject or resolve it.",
    "alert_unfit": "An alert that is {state} cannot be marked as {change}: see who has it.",
    "outcome_missing": "Say how it ended: an outcome is needed to resolve an alert.",
    "mistake_unfit": "A mistake belongs to a false_alarm: leave it out, or say so.",
    "own_alert": "You have taken this alert yourself: others can join you.",
    "hand_over_to_self": "You have this alert already: name somebody else to hand it over to.",
    "hand_over_to_stranger": "{person} is not of this resident's family, nor of their team or "
    "one above it: name somebody who is.",
    # how people are reached
    "channels_many": "A person may have {most} channels: take one away first.",
    "address_unfit": "{address!r} is no address of {channel}; it wants: {example}.",
    "no_channel_for_high": "No channel is for high alerts: name at least one for emergencies.",
    "code_wrong": "This is not the code that was sent: look again, or have another one sent.",
    "code_over": "There is no code that could be tried: have another one sent, then enter that.",
    "code_sent": "A code is on its way or was just sent: wait a minute, then ask again.",
    "channel_confirmed": "This channel is confirmed: it needs no code.",
    "quiet_all_day": "Quiet hours that end when they begin would last all day: end them earlier.",
    # what is held back
    "silence_of_one": "Name a resident, a device or a team, and one of them only.",
    "never_silenced": "Nothing silences {kind}: leave it out.",
    "silence_over": "This silence is over already.",
    "absence_over": "This absence is over: note another one.",
    "absence_overlaps": "The absence {absence} covers some of this time: change or end that one.",
    "span_backwards": "The end must come after the beginning, and lie ahead.",
    "span_long": "This may last {days} days at most: name an earlier end, and make another one "
    "then if it is still needed.",
    "not_tested": "Only a button or a fall detector that is placed with a resident is tested.",
    # rotas and swaps
    "rota_taken": "There is a rota {rota!r} already, or one for layer {layer} of the {party} of "
    "{team}: choose another id or layer.",
    "rota_moved": "A rota stays with its team and party: make another one instead.",
    "layer_taken": "The rota {rota!r} is layer {layer} already: choose another layer.",
    "shifts_many": "A rota has {most} shifts at most: make a layer of its own.",
    "shift_of_strangers": "{person}: no open account of this team or one above or below it; "
    "correct the user name, or make the account first.",
    "shift_of_nobody": "The shift of {day} at {at} names nobody: take it out, or name them.",
    "shifts_overlap": "On {day} the shift at {at} begins before the one at {earlier} is over: "
    "give both people one shift, or put one of them into another layer.",
    "swap_backwards": "A swap must end after it begins.",
    "swap_of_one": "Giver and taker must be two people.",
    "taker_unfit": "{person} has no open account of this team or one above or below it: correct "
    "the user name.",
    "giver_off_duty": "{person} is not on duty in this span: leave the giver out to fill a gap, "
    "or correct the times.",
    # policies
    "policy_ended": "This version has ended already: look for the one in force.",
    "policy_of_all_stays": "This one holds where no other does: put another in its place instead.",
    "policy_of_all": "A policy for all teams is an admin's to make: name your own team.",
    "high_held_back": "What is high is never held back: take the quiet hours away.",
    "steps_none": "A policy without steps asks nobody: give at least one step.",
    "steps_many": "A policy has {most} steps at most: the last must still come in time.",
    "last_step": "The last step must include the centre, which is never empty: whoever else it "
    "names may be nobody, and the alert would end with nobody.",
    "last_step_low": "The last step must include the station or the centre, or it ends with "
    "nobody.",
    "step_of_nobody": "Step {step} asks nobody: name at least one party.",
    "step_of_handover": "Step {step} asks the emergency service alone, which cannot accept: name "
    "somebody beside it.",
    "step_twice": "Step {step} names a party twice: name each once.",
    "step_endless": "Step {step} has no deadline: say after how many seconds the next is asked.",
    "step_wait": "Step {step} must wait between 1 second and 24 hours for an answer.",
    "step_silent": "Step {step} makes no sound, and {priority} alerts need one: leave `quiet` out.",
    "step_repeats_many": "Step {step} can be told again {most} times at most.",
    "step_repeats_list": "Step {step} is a list, or waits until morning: it cannot be told again, "
    "leave `repeats` out.",
    "step_party": "Step {step} names {party!r}: use one of {known}, team:ID or person:USERNAME.",
    "step_team": "Step {step} names team:{team}, which is no team: GET /api/v1/teams lists them.",
    "step_person": "Step {step} names person:{person}, who has no open account: correct the user "
    "name.",
    # accounts and logins
    "login_wrong": "This name and password do not belong together: check both.",
    "login_wait": "Too many wrong passwords: try again in {minutes} min.",
    "username_taken": "There is an account {username!r} already: choose another name.",
    "account_without_team": "A {role} account answers for an area: give its team.",
    "vendor_unnamed": "A vendor account sees one vendor's devices: give the vendor's name.",
    "vendor_sees_nobody": "A vendor sees no person: leave residents and memberships out.",
    # teams, homes, residents, devices
    "team_not_yours": "Name a team of your own area; GET /api/v1/teams lists them.",
    "team_unknown": "There is no team {team}: create it first, or check the spelling.",
    "team_taken": "There is a team {team!r} already: choose another id.",
    "county_below": "A county stands at the top: leave its parent out.",
    "parent_unfit": "This team stands below a {level}: name one that exists as its parent.",
    "home_unknown": "There is no home {home!r} of yours; GET /api/v1/homes lists them.",
    "home_taken": "There is a home {home!r} already: choose another id.",
    "half_a_point": "A point on the map needs both: give latitude and longitude.",
    "resident_unknown": "There is no resident {resident} that you can see: create them first, or "
    "check the spelling.",
    "resident_taken": "There is a resident {resident!r} already: choose another id.",
    "circle_twice": "Name each user once: the first place counts.",
    "circle_of_strangers": "No person has the user name {person}: check the spelling.",
    "device_taken": "{device} is registered already: choose another name, or rotate it.",
    "device_placed": "This device is in use with a resident: its station has to take it out of "
    "use first.",
    "device_elsewhere": "{resident} has no device {device!r}; GET /api/v1/devices lists them.",
    "devices_of_vendor": "A vendor registers its own devices only: leave the vendor out.",
    "placed_by_vendor": "A station places devices, not a vendor: leave resident and team out.",
    "zone_unknown": "{zone} is no time zone: use a name such as Asia/Shanghai.",
    "kind_unknown": "There is no kind of alert {kind!r}: use one of {known}.",
    # what was entered, whatever it is
    "changed_meanwhile": "Somebody has changed this since you read it: read it again, and repeat "
    "your change if it is still wanted.",
    "not_storable": "A text holds a character that cannot be stored, or a number is too large: "
    "take it out.",
    "fields_wrong": "Please correct {field}.",
    "field_missing": "This is needed.",
    "field_unknown": "There is no such field: leave it out, or check the spelling.",
    "field_short": "Write at least {least} characters.",
    "field_long": "Write at most {most} characters.",
    "field_few": "Name at least {least}.",
    "field_many": "Name at most {most}.",
    "field_low": "Give {least} or more.",
    "field_not_above": "Give more than {limit}.",
    "field_high": "Give {most} or less.",
    "field_form": "{said}.",
}
"""What a code says in English."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A code of :data:`SENTENCES` with what its sentence tells of; as text, that sentence."""

    code: str
    values: Mapping[str, Any]

    def __str__(self) -> str:
        return SENTENCES[self.code].format(
            **{name: _listed(value) for name, value in self.values.items()}
        )

    def as_json(self) -> dict[str, Any]:
        return {"code": self.code, "values": dict(self.values)}


def refused(code: str, /, **values: Any) -> Refusal:
    """Why not: to be raised with an error, ``NotAllowed(refused("alert_over"))``."""
    return Refusal(code, values)


def _listed(value: Any) -> Any:
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else value
