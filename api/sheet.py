"""The hand-over on one sheet: for who drives there, in their language and by the home's clock."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from html import escape
from typing import Any

from fastapi.responses import HTMLResponse

from alerts.hours import zone_of
from alerts.wording import Wording
from api.pages import facts, page

Pairs = list[tuple[str, str]]
Part = Mapping[str, Any]


def handover(document: Part, language: str) -> HTMLResponse:
    """The hand-over document, to be read on a screen or printed on one sheet."""
    wording = Wording(language)
    return page(wording.label("title"), _Sheet(document, wording).body(), language)


class _Sheet:
    """The words of one document."""

    def __init__(self, document: Part, wording: Wording) -> None:
        self._document, self._wording = document, wording
        self._zone = zone_of((document["where"] or {}).get("timezone") or "UTC")
        self._made = self._local(document["made_at"])
        self._since = self._local(document["what"]["since"])

    def body(self) -> str:
        found, say = self._document, self._wording
        name = (found["who"] or {}).get("name") or "-"
        sections = {
            "what": self._what(found["what"]),
            "where": self._where(found["where"] or {}),
            "who": self._who(found["who"] or {}),
            "health": self._health(found["health"] or {}),
            "contacts": [self._contact(each) for each in found["contacts"]],
            "on_the_way": self._holder(found["on_the_way"]),
            "also_open": [(say.event(e["kind"]), self._at(e["since"])) for e in found["also_open"]],
        }
        parts = [
            f"<h2>{escape(say.label(title))}</h2>{facts(pairs)}"
            for title, pairs in sections.items()
            if pairs
        ]
        title = f"<h1>{escape(say.event(found['what']['kind']))}: {escape(name)}</h1>"
        clock = f"<p>{escape(say.word('sheet', 'clock', zone=self._clock()))}</p>"
        made = f"<footer>carewatch, {self._made:%Y-%m-%d %H:%M}</footer>"
        return "".join([title, clock, *parts, made])

    def _what(self, what: Part) -> Pairs:
        told = {
            "since": self._at(what["since"]),
            "raised_at": self._at(what["raised_at"]),
            "state": self._wording.word("state", what["state"]),
            "note": what["note"],
        }
        return self._labelled(told)

    def _where(self, where: Part) -> Pairs:
        box, room = where.get("key_box") or {}, where.get("room")
        told = {name: where.get(name) for name in ("address", "floor", "way_in")}
        told["room"] = room and self._wording.place(room)
        told["notes"] = where.get("notes")
        told["key_box"] = self._list(box.get(name) for name in ("place", "code"))
        if where.get("latitude") is not None:
            told["coordinates"] = f"{where['latitude']:.6f}, {where['longitude']:.6f}"
        return self._labelled(told)

    def _who(self, who: Part) -> Pairs:
        living, languages = who.get("living"), who.get("languages") or ()
        told = {
            "phone": who.get("phone"),
            "birth_year": who.get("birth_year"),
            "living": living and self._wording.word("living", living),
            "languages": self._list(
                self._wording.word("language", each.split("-")[0]) for each in languages
            ),
        }
        return self._labelled(told)

    def _health(self, health: Part) -> Pairs:
        told: dict[str, Any] = {v["quantity"]: self._vital(v) for v in health.get("vitals", ())}
        told |= {name: health.get(name) for name in ("risks", "medication")}
        told["abilities"] = self._abilities(health.get("abilities") or {})
        told["doctor"] = self._list((health.get("doctor") or {}).values())
        return self._labelled(told)

    def _vital(self, vital: Part) -> str:
        """A value with its unit, when it was measured, and how long before or after the event."""
        say, quantity = self._wording, vital["quantity"]
        if quantity == "in_bed":
            value = say.word("sheet", "yes" if vital["value"] else "no")
        else:
            value = say.word("vital", quantity, value=f"{vital['value']:g}")
        at, age = self._at(vital["at"]), self._age(self._local(vital["at"]))
        return say.word("sheet", "vital", value=value, at=at, age=age)

    def _age(self, at: datetime) -> str:
        seconds = round((at - self._since).total_seconds())
        when = "before" if seconds < 0 else "after"
        return self._wording.word("sheet", when, span=self._span(abs(seconds)))

    def _span(self, seconds: int) -> str:
        """So long, in the largest unit of which there are two."""
        for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
            if seconds >= 2 * size:
                return self._wording.word("span", unit, value=str(seconds // size))
        return self._wording.word("span", "s", value=str(seconds))

    def _abilities(self, found: Part) -> str:
        say = self._wording
        told = [say.word("ability", str(found["level"]))] if "level" in found else []
        known = [name for name in ("score", "assessed_on", "by") if found.get(name) is not None]
        told += [say.word("sheet", name, value=str(found[name])) for name in known]
        return self._list(told)

    def _contact(self, contact: Part) -> tuple[str, str]:
        phones = contact.get("phones")
        told = self._list(phones) if isinstance(phones, list) else ""
        key = self._wording.word("sheet", "holds_key") if contact.get("holds_key") else None
        name = " ".join(str(contact[part]) for part in ("name", "relation") if contact.get(part))
        return name, self._list((told or "-", key, contact.get("note")))

    def _holder(self, holder: Part | None) -> Pairs:
        if holder is None:
            return []
        say, accepted = self._wording, holder.get("accepted_at")
        told = [say.word("role", holder["role"]), say.word("state", holder["state"])]
        told += [say.word("sheet", "accepted_at", value=self._at(accepted))] if accepted else []
        return [(holder["name"] or holder["username"], self._list(told))]

    def _list(self, known: Iterable[Any]) -> str:
        """What is known of these, one after the other."""
        return self._wording.word("sheet", "comma").join(str(each) for each in known if each)

    def _labelled(self, told: Mapping[str, Any]) -> Pairs:
        return [(self._wording.label(name), str(value)) for name, value in told.items() if value]

    def _at(self, time: str) -> str:
        """The time of day, with the date where that is not the day on which this is made."""
        at = self._local(time)
        return f"{at:%H:%M:%S}" if at.date() == self._made.date() else f"{at:%Y-%m-%d %H:%M:%S}"

    def _local(self, time: str) -> datetime:
        return datetime.fromisoformat(time).astimezone(self._zone)

    def _clock(self) -> str:
        """The zone by its name, and how far it is from UTC."""
        return f"{self._zone.key}, UTC{self._made.isoformat()[-6:]}"
