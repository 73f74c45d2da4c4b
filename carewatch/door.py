"""Who may come in at the broker: the answers to its auth callout.

All logins are known by heart, from the start and until they are revoked: a button that sleeps for
days gets in while the database is away.
"""

import asyncio
from collections import OrderedDict

import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from prometheus_client import Counter, Gauge

from carewatch.books import Books
from carewatch.steady import AWAY
from gateway import auth, registry

log = structlog.get_logger()

LOGINS = Counter("carewatch_logins", "Logins at the broker by answer", ["answer"])
KNOWN = Gauge("carewatch_logins_known", "Logins that are known while the database is away")

_CONNECTIONS_KNOWN = 200_000


class Door:
    """Answers the auth callout."""

    def __init__(self, books: Books, signer: auth.Signer) -> None:
        self._books = books
        self._signer = signer
        self._known: dict[str, registry.Login] = {}
        self._users: OrderedDict[int, str] = OrderedDict()
        self._answering: set[asyncio.Task[None]] = set()
        self._largest = 0
        self.kept = asyncio.Event()

    async def serve(self, client: Client) -> None:
        """Answer for as long as nobody cancels; several at a time."""
        asked = await client.subscribe("$SYS.REQ.USER.AUTH")
        await client.flush()
        self._largest = client.max_payload
        self.kept.set()
        log.info("the door is kept")
        async for message in asked.messages:
            task = asyncio.create_task(self._answer(message))
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)

    def learn(self, logins: dict[str, registry.Login]) -> None:
        """From now on these are all that are known."""
        self._known = logins
        KNOWN.set(len(logins))

    def forget(self, name: str) -> None:
        """Ask the database again about this name."""
        self._known.pop(name, None)

    def met(self, connection: int, user: str) -> None:
        """Remember whose connection it is."""
        self._users[connection] = user
        while len(self._users) > _CONNECTIONS_KNOWN:
            self._users.popitem(last=False)

    def user_of(self, connection: int) -> str | None:
        return self._users.get(connection)

    async def _answer(self, message: Msg) -> None:
        request = auth.read_request(message.data)
        decision = await self._decide(request)
        answer = self._signer.answer(request, decision, self._books.now())
        if len(answer) > self._largest:
            decision = auth.TOO_MANY_DEVICES
            answer = self._signer.answer(request, decision, self._books.now())
        await message.respond(answer)
        if isinstance(decision, auth.Grant):
            LOGINS.labels("granted").inc()
            self.met(request.connection, decision.name)
        else:
            LOGINS.labels(decision.code).inc()
            await self._books.note(
                request.user, "", decision.code, decision.reason, address=request.address
            )

    async def _decide(self, request: auth.Request) -> auth.Grant | auth.Refusal:
        known = self._known.get(request.user)
        if known and request.client_id == request.user and known.opens_with(request.password):
            return auth.decide(request, known, known)
        try:
            login, owner = await self._books.logins(request.user, request.client_id)
        except AWAY:
            if known is None:
                return auth.Refusal("unavailable", "nobody can be verified just now: try again")
            return auth.decide(request, known, self._known.get(request.client_id))
        decision = auth.decide(request, login, owner)
        if login and isinstance(decision, auth.Grant):
            self._known[login.id] = login
        return decision
