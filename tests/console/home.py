"""A home from which help is called, with devices that really speak."""

from typing import Any

from tests.acceptance.instance import Instance, Sender
from tests.talking import now_ms


class Home:
    """Somebody who lives alone, and their devices."""

    def __init__(self, carewatch: Instance, resident_id: str) -> None:
        residents = carewatch.demo["residents"]
        self.id = resident_id
        self.name: str = next(one["name"] for one in residents if one["id"] == resident_id)
        self._carewatch = carewatch
        self._senders: dict[str, Sender] = {}

    def press(self) -> None:
        """The emergency button."""
        self._device("button").say("event", {"id": f"press-{now_ms()}", "event": "button_pressed"})

    def has(self, kind: str) -> bool:
        return any(one["resident"] == self.id for one in self._carewatch.devices(kind))

    def smoke(self, *, active: bool) -> None:
        """The room sensor smells smoke, or does not any more."""
        said = {"id": f"smoke-{now_ms()}", "event": "smoke", "active": active}
        self._device("ambient").say("event", said)

    def sleep(self, minutes: int) -> None:
        """A quiet time in bed until now, told four times a minute."""
        bed, now = self._device("bed"), now_ms()
        for t in range(now - minutes * 60_000, now, 15_000):
            bed.say("sample", {"t": t, "heart_rate": 58 + t // 15_000 % 5, "in_bed": True})
        bed.settle()

    def stir(self) -> None:
        """Those of its devices that have spoken say that they are still there."""
        for sender in list(self._senders.values()):
            sender.say("status", {"online": True})

    def leave(self) -> None:
        for sender in self._senders.values():
            sender.leave()

    def _device(self, kind: str) -> Sender:
        if kind not in self._senders:
            devices = self._carewatch.devices(kind)
            device: dict[str, Any] = next(one for one in devices if one["resident"] == self.id)
            self._senders[kind] = Sender(self._carewatch, device)
        return self._senders[kind]
