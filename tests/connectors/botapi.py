"""A stand-in of Telegram's Bot API, written from its documentation: its answers, errors, limits, and how it forgets."""

import asyncio
import json
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from aiohttp import ClientError, ClientSession, ClientTimeout, web

from tests.connectors.botapi_methods import Fault, Methods, bad, numbers, person, standing
from tests.support.synapse import free_port

OPEN = {"can_send_messages": True, "can_send_photos": True, "can_invite_users": True, "can_pin_messages": False}


@dataclass
class Chat:
    id: int
    type: str
    title: str
    members: dict = field(default_factory=dict)  # status by user id
    messages: dict = field(default_factory=dict)
    permissions: dict = field(default_factory=lambda: dict(OPEN))
    restricted: dict = field(default_factory=dict)
    requests: set = field(default_factory=set)
    approved: set = field(default_factory=set)
    pinned: set = field(default_factory=set)
    links: dict = field(default_factory=dict)
    description: str = ""
    moved_to: int | None = None
    topics: set = field(default_factory=set)
    calls: list = field(default_factory=list)

    def shown(self):
        return {"id": self.id, "type": self.type, "title": self.title}


@dataclass
class Bot:
    id: int
    token: str
    reads_all: bool = True
    username: str = "qunce_bot"
    waiting: list = field(default_factory=list)
    last: int = 100
    webhook: dict = field(default_factory=dict)
    trouble: str = ""
    poll: int = 0

    def shown(self):
        user = {"id": self.id, "is_bot": True, "first_name": "群秘书", "username": self.username}
        return user | {"can_join_groups": True, "can_read_all_group_messages": self.reads_all}


class BotApi:
    """``flood``: calls that one chat takes in a minute; ``silent``: hangs up after it has understood a change."""

    def __init__(self):
        self.bots, self.chats, self.log = {}, {}, []
        self.flood, self.silent, self.faults = None, False, []
        self._news = None

    # ------------------------------------------------------------------ the world
    def bot(self, token="", **more):
        token = token or f"{next(numbers)}:AAF-another"
        made = Bot(int(token.partition(":")[0]), token, **more)
        self.bots[made.token] = made
        return made

    def group(self, bot, *, kind="supergroup", status="administrator", title="读书会一群"):
        number = next(numbers)
        chat = Chat(-(number if kind == "group" else 1_000_000_000_000 + number), kind, title)
        self.chats[chat.id] = chat
        chat.members[bot.id] = "left"
        self.put(bot, chat, status)
        return chat

    def put(self, bot, chat, status):
        """The bot comes, goes, or gets other rights."""
        was, chat.members[bot.id] = chat.members[bot.id], status
        who = {"is_bot": True, "id": bot.id, "first_name": "群秘书"}
        self.happens(
            bot,
            "my_chat_member",
            {
                "chat": chat.shown(),
                "from": person(1, "群主"),
                "date": int(time.time()),
                "old_chat_member": standing(was, who),
                "new_chat_member": standing(status, who),
            },
        )

    def say(self, bot, chat, text, *, who=7, **more):
        number = len(chat.messages) + 1
        message = {"message_id": number, "date": int(time.time()), "chat": chat.shown(), "text": text, **more}
        message.setdefault("from", person(who, "张三"))
        chat.messages[number] = message
        self.happens(bot, "message", message)
        return number

    def upgrade(self, bot, chat):
        """A basic group becomes a supergroup."""
        new = Chat(-(1_000_000_000_000 + next(numbers)), "supergroup", chat.title, members=dict(chat.members))
        self.chats[new.id], chat.moved_to = new, new.id
        service = {"date": int(time.time()), "from": person(1, "群主")}
        moved = {"message_id": 900, "chat": chat.shown(), "migrate_to_chat_id": new.id}
        self.happens(bot, "message", service | moved)
        came = {"message_id": 1, "chat": new.shown(), "migrate_from_chat_id": chat.id}
        new.messages[1] = service | came
        self.happens(bot, "message", service | came)
        return new

    def happens(self, bot, kind, what):
        if kind not in (bot.webhook.get("allowed") or [kind]):
            return
        bot.last += 1
        bot.waiting.append({"update_id": bot.last, kind: what})
        if self._news:
            self._loop.call_soon_threadsafe(self._news.set)

    def ours(self, chat):
        return [each for _, each in sorted(chat.messages.items()) if each.get("ours")]

    # ------------------------------------------------------------------ the server
    @contextmanager
    def running(self):
        self._loop = asyncio.new_event_loop()
        started = threading.Event()
        thread = threading.Thread(target=self._serve, args=(started,), daemon=True)
        thread.start()
        assert started.wait(10)
        try:
            yield self.url
        finally:
            self._loop.call_soon_threadsafe(self._stop.set)
            thread.join(10)

    def _serve(self, started):
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._run(started))
        self._loop.close()

    async def _run(self, started):
        self._stop, self._news = asyncio.Event(), asyncio.Event()
        app = web.Application(client_max_size=200_000_000)
        app.router.add_post("/bot{token}/{method}", self._answer)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        port = free_port()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        self.url = f"http://127.0.0.1:{port}"
        bringing = asyncio.create_task(self._bring())
        started.set()
        await self._stop.wait()
        bringing.cancel()
        with suppress(asyncio.CancelledError):
            await bringing
        await runner.cleanup()
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    async def _answer(self, request):
        method, asked = request.match_info["method"], await _fields(request)
        bot = self.bots.get(request.match_info["token"])
        try:
            if bot is None:
                raise Fault(401, "Unauthorized")  # noqa: TRY301
            self.log.append((method, asked))
            if self.faults and self.faults[0][0] in {method, "*"}:
                raise self.faults.pop(0)[1]
            chat = self._chat(bot, method, asked) if "chat_id" in asked else None
            if self.silent and not method.startswith("get"):
                request.transport.abort()
                return web.Response()
            if method == "getUpdates":
                result = await self._updates(bot, asked)
            else:
                result = getattr(Methods(self, bot, chat), method)(**asked)
        except Fault as fault:
            told = {"ok": False, "error_code": fault.code, "description": fault.description}
            told |= {"parameters": fault.parameters} if fault.parameters else {}
            return web.json_response(told, status=fault.code)
        return web.json_response({"ok": True, "result": result})

    def _chat(self, bot, method, asked):
        chat = self.chats.get(int(asked.pop("chat_id")))
        if chat is None:
            raise bad("chat not found")
        if chat.moved_to:
            raise Fault(
                400,
                "Bad Request: group chat was upgraded to a supergroup chat",
                migrate_to_chat_id=chat.moved_to,
            )
        if chat.members.get(bot.id) in {"kicked", "left", None}:
            raise Fault(403, "Forbidden: bot was kicked from the supergroup chat")
        now = time.monotonic()
        chat.calls = [each for each in chat.calls if now - each < 60] + [now]
        if self.flood and len(chat.calls) > self.flood:
            after = max(1, round(60 - (now - chat.calls[0])))
            raise Fault(429, f"Too Many Requests: retry after {after}", retry_after=after)
        return chat

    async def _updates(self, bot, asked):
        """Those before the offset are forgotten; a second reader ends the first one's waiting."""
        if bot.webhook:
            raise Fault(
                409,
                "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the"
                " webhook first",
            )
        offset, until = int(asked.get("offset") or 0), time.monotonic() + float(asked.get("timeout") or 0)
        bot.poll += 1
        mine = bot.poll
        self._news.set()
        bot.waiting = [each for each in bot.waiting if each["update_id"] >= offset]
        while not bot.waiting and time.monotonic() < until and mine == bot.poll:
            self._news.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), min(0.2, max(0.01, until - time.monotonic())))
        if mine != bot.poll:
            raise Fault(
                409,
                "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
            )
        return bot.waiting[: int(asked.get("limit") or 100)]

    async def _bring(self):
        """Webhooks: one call at a time for each bot; what is not answered with 200 is brought again."""
        async with ClientSession(timeout=ClientTimeout(total=30)) as client:
            while True:
                for bot in list(self.bots.values()):
                    if bot.webhook and bot.waiting:
                        await self._bring_one(client, bot)
                await asyncio.sleep(0.02)

    async def _bring_one(self, client, bot):
        headers = {"X-Telegram-Bot-Api-Secret-Token": bot.webhook["secret"]}
        update = bot.waiting[0]
        try:
            async with client.post(bot.webhook["url"], json=update, headers=headers) as answer:
                status = answer.status
        except (ClientError, TimeoutError) as error:
            bot.trouble = str(error)
            return
        if status == 200:
            bot.waiting.remove(update)
        else:
            bot.trouble = f"Wrong response from the webhook: {status}"
            await asyncio.sleep(0.1)


async def _fields(request):
    """What was asked: JSON where it is JSON, files by where they are attached."""
    form = dict(await request.post())
    files = {f"attach://{key}": value.file.read() for key, value in form.items() if hasattr(value, "file")}
    asked = {}
    for key, value in form.items():
        if hasattr(value, "file"):
            continue
        try:
            read = value if key in TEXTS else json.loads(value)
        except ValueError:
            read = value
        asked[key] = files.get(read, read) if isinstance(read, str) else read
        if key == "media":
            asked[key] = [each | {"media": files.get(each["media"], each["media"])} for each in read]
    return asked


TEXTS = {"text", "caption", "description", "name", "question", "secret_token", "url"}
