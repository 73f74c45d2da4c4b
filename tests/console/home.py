"""A home from which help is called."""

from typing import Any

from tests.acceptance.instance import Instance, Sender, now_ms


class Home:
    """Somebody who lives alone with an emergency button, which is really pressed."""

    def __init__(self, carewatch: Instance, button: dict[str, Any]) -> None:
        residents = carewatch.demo["residents"]
        self.resident: dict[str, Any] = next(r for r in residents if r["id"] == button["resident"])
        self.id: str = self.resident["id"]
        self.name: str = self.resident["name"]
        self._button = Sender(carewatch, button)

    def press(self) -> None:
        self._button.say("event", {"id": f"press-{now_ms()}", "event": "button_pressed"})

    def leave(self) -> None:
        self._button.leave()
