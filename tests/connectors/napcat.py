"""A stand-in of a QQ account in NapCat, on the wire: connects (or is connected to), tells events, answers actions.

Payloads, wording and retcodes are as NapCat and the OneBot 11 standard document them. It can be told to answer late,
twice, under a wrong echo or not at all, to hang up in the middle, to be signed out, and to forget its history.
"""

import asyncio
import json
import threading
from base64 import b64decode
from collections import defaultdict
from contextlib import asynccontextmanager, suppress
from hashlib import md5

from websockets.asyncio.client import connect
from websockets.asyncio.server import serve
from websockets.exceptions import WebSocketException

from qunce.chat.connectors.onebot11 import Onebot11, Onebot11Config
from qunce.kernel import clock
from tests.support.synapse import free_port

ME, TOKEN, ROOM = 10001, "a token of sixteen", 545402644
AGAIN = 0.03
EVENT_CHECKER = (
    "EventChecker Failed: NTEvent serviceAndMethod:NodeIKernelMsgService/sendMsg "
    'ListenerName:NodeIKernelMsgListener/onMsgInfoListUpdate EventRet:\n{\n    "result": %d,\n    "errMsg": "%s"\n}\n'
)
TIMEOUT = (
    "Timeout: NTEvent serviceAndMethod:NodeIKernelMsgService/sendMsg "
    'ListenerName:NodeIKernelMsgListener/onMsgInfoListUpdate EventRet:\n{\n    "result": 0,\n    "errMsg": ""\n}\n'
)


class Refused(Exception):
    """An action fails with a retcode and words."""

    def __init__(self, words, retcode=1200):
        super().__init__(words)
        self.retcode = retcode


def plain(segments):
    return "".join(each["data"].get("text", "") for each in segments if each["type"] == "text")


class NapCat:
    """One account; use as a context. ``port``: where Qunce listens, or with ``serves`` where we do."""

    def __init__(self, port, *, token=TOKEN, me=ME, serves=False, split=False, path="/onebot/v11/ws", beat=200):
        self.port, self.token, self.me, self.path, self.beat = port, token, me, path, beat
        self.serves, self.split = serves, split
        self.groups, self.calls = {}, []
        self.ways = defaultdict(list)  # what to do, once each, when an action is asked for
        self.trouble = None  # how everything is refused that would change something
        self.wishes = {}  # to join, by flag: whether they were let in, None while they wait
        self.away = None
        self.online, self.history = True, True
        self._sockets = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    # -------------------------------------------------------------- being there
    def __enter__(self):
        self._thread.start()
        self._do(self._begin())
        return self

    def __exit__(self, *_):
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)

    async def _begin(self):
        self.away = asyncio.Event()
        self._server = None
        roles = ("API", "Event") if self.split else ("Universal",)
        self._tasks = [] if self.serves else [asyncio.create_task(self._connecting(role)) for role in roles]
        self._tasks.append(asyncio.create_task(self._beating()))
        if self.serves:
            self._server = await serve(self._served, "127.0.0.1", self.port, max_size=None)

    async def _end(self):
        # A test may hold up the loop of the other side, which then cannot say good-bye.
        for socket in list(self._sockets.values()):
            socket.transport.abort()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._server:
            self._server.close()
            await self._server.wait_closed()

    async def _connecting(self, role):
        headers = {"X-Self-ID": str(self.me), "X-Client-Role": role, "Authorization": f"Bearer {self.token}"}
        while True:
            if not self.away.is_set():
                with suppress(OSError, WebSocketException):
                    address = f"ws://127.0.0.1:{self.port}{self.path}"
                    async with connect(address, additional_headers=headers, proxy=None, max_size=None) as socket:
                        await self._talk(socket, role)
            await asyncio.sleep(AGAIN)

    async def _served(self, socket):
        if socket.request.headers.get("Authorization") != f"Bearer {self.token}":
            await socket.send(
                json.dumps({"status": "failed", "retcode": 1403, "data": None, "message": "token验证失败"})
            )
            return
        with suppress(WebSocketException):
            await self._talk(socket, "Universal")

    async def _talk(self, socket, role):
        self._sockets[role] = socket
        try:
            if role != "API":
                await socket.send(
                    json.dumps(self._event("meta_event", meta_event_type="lifecycle", sub_type="connect"))
                )
            async for frame in socket:
                asked = json.loads(frame)
                self.calls.append((asked["action"], asked["params"]))
                await self._answer(socket, asked)
        finally:
            if self._sockets.get(role) is socket:
                del self._sockets[role]

    async def _beating(self):
        while True:
            await asyncio.sleep(self.beat / 1000)
            if not self.ways["silence"]:
                status = {"online": self.online, "good": True}
                beat = self._event("meta_event", meta_event_type="heartbeat", status=status, interval=self.beat)
                await self._tell(beat)

    def hang_up(self, *, stay_away=False):
        """The connection breaks; ``stay_away``: until `come_back`."""

        async def now():
            if stay_away:
                self.away.set()
            for socket in list(self._sockets.values()):
                socket.transport.abort()
            self._sockets.clear()

        self._do(now())

    def come_back(self):
        self._loop.call_soon_threadsafe(self.away.clear)

    # -------------------------------------------------------------- events
    def _event(self, post_type, **fields):
        return {"time": int(clock.now().timestamp()), "self_id": self.me, "post_type": post_type, **fields}

    async def _tell(self, event):
        socket = self._sockets.get("Universal") or self._sockets.get("Event")
        if socket:
            with suppress(WebSocketException):
                await socket.send(event if isinstance(event, str) else json.dumps(event))

    def tell(self, event):
        """An event, or a frame as it is."""
        self._do(self._tell(event))

    def notice(self, notice_type, **fields):
        self.tell(self._event("notice", notice_type=notice_type, **fields))

    def request(self, **fields):
        self.wishes[fields["flag"]] = None
        self.tell(self._event("request", request_type="group", **fields))

    def group(self, group_id, name="读书会一群", *, members=(), first=1):
        """A group with the account in it; ``first``: the number of its first message."""
        people = [{"user_id": self.me, "nickname": "群秘书", "card": "", "join_time": 1700000000}, *members]
        nothing = {"said": [], "files": [], "muted": {}, "silent": False, "notices": [], "essence": set()}
        self.groups[group_id] = {"name": name, "members": people, "next": first, **nothing}
        return str(group_id)

    def message(self, group_id, segments, user_id=20002, nickname="张三", card=""):
        """A message of a group, kept in its history."""
        group = self.groups[group_id]
        number, group["next"] = group["next"], group["next"] + 1
        key = int.from_bytes(md5(f"{group_id}|{number}".encode()).digest()[:4], "big") & 0x7FFFFFFF
        sender = {"user_id": user_id, "nickname": nickname, "card": card, "role": "member"}
        said = self._event("message", message_type="group", sub_type="normal", message_id=key, message_seq=key)
        said |= {"real_id": key, "real_seq": str(number), "group_id": group_id, "user_id": user_id, "sender": sender}
        said |= {"message": segments, "raw_message": plain(segments), "message_format": "array", "font": 14}
        group["said"].append(said)
        return said

    def say(self, group_id, text, *, unheard=False, **who):
        """Somebody says ``text``; ``unheard``: nobody is told. The message's id."""
        said = self.message(int(group_id), [{"type": "text", "data": {"text": text}}], **who)
        if not unheard:
            self.tell(said)
        return str(said["message_id"])

    def standing(self, group_id):
        ours = [each for each in self.groups[int(group_id)]["said"] if each["user_id"] == self.me]
        return [plain(each["message"]) for each in ours]

    def files(self, group_id):
        return [content for _, content in self.groups[int(group_id)]["files"]]

    def asked(self, action):
        return [params for name, params in self.calls if name == action]

    # -------------------------------------------------------------- answers
    async def _answer(self, socket, asked):
        action, echo = asked["action"], asked.get("echo", "")
        way = self.ways[action].pop(0) if self.ways[action] else None
        if way == "hang up":
            socket.transport.abort()
            return
        try:
            if isinstance(way, Refused):
                raise way
            data = self._act(action, asked["params"])
            answer = {"status": "ok", "retcode": 0, "data": data, "message": "", "wording": "", "echo": echo}
        except Refused as error:
            words = str(error)
            answer = {"status": "failed", "retcode": error.retcode, "data": None, "message": words, "wording": words}
            answer["echo"] = echo
        await self._deliver(socket, answer, way)

    async def _deliver(self, socket, answer, way):
        if way == "done, then hang up":
            socket.transport.abort()
            return
        if way == "async":
            answer |= {"status": "async", "retcode": 1, "data": None}
        if way == "silence":
            return
        if way == "wrong echo first":
            await socket.send(json.dumps(answer | {"echo": "of somebody else"}))
            await socket.send(json.dumps(answer | {"echo": {"odd": [1]}}))
        if way == "late":
            asyncio.get_running_loop().call_later(0.3, lambda: asyncio.ensure_future(socket.send(json.dumps(answer))))
            return
        for _ in range(2 if way == "twice" else 1):
            await socket.send(json.dumps(answer))

    def _act(self, action, params):
        method = getattr(self, f"on_{action.removeprefix('_')}", None)
        if method is None:
            raise Refused(f"不支持的Api {action}", 1404)
        if "get_" not in action:
            self._must_allow(params)
        return method(params)

    def _must_allow(self, params):
        if not self.online:
            raise Refused("账号已离线")
        if self.trouble:
            raise self.trouble
        if params.get("group_id", 0) not in {0, *self.groups}:
            raise Refused(EVENT_CHECKER % (110, "发送失败，你已被移出该群，请重新加群。"))

    def on_get_login_info(self, _):
        return {"user_id": self.me, "nickname": "群秘书"}

    def on_get_status(self, _):
        return {"online": self.online, "good": True, "stat": {}}

    def on_get_version_info(self, _):
        return {"app_name": "NapCat.Onebot", "app_version": "4.8.90", "protocol_version": "v11"}

    def _info(self, key):
        group = self.groups[key]
        return {
            "group_id": key,
            "group_name": group["name"],
            "member_count": len(group["members"]),
            "max_member_count": 500,
        }

    def on_get_group_list(self, _):
        return [self._info(key) for key in self.groups]

    def on_get_group_info(self, params):
        return self._info(params["group_id"])

    def on_get_group_member_list(self, params):
        return [{"group_id": params["group_id"], **each} for each in self.groups[params["group_id"]]["members"]]

    def on_get_group_member_info(self, params):
        found = [each for each in self.on_get_group_member_list(params) if each["user_id"] == params["user_id"]]
        if not found:
            raise Refused(f"群(${params['group_id']})成员${params['user_id']}不存在")
        return found[0]

    def on_send_group_msg(self, params):
        told = [each["data"]["file"] for each in params["message"] if each["type"] in {"image", "record", "video"}]
        said = self.message(params["group_id"], params["message"], self.me, "群秘书")
        self._keep(params["group_id"], said["message_id"], told)
        return {"message_id": said["message_id"]}

    def _keep(self, group_id, key, files):
        self.groups[group_id]["files"] += [(key, b64decode(each.removeprefix("base64://"))) for each in files]

    def on_send_private_msg(self, params):
        return {"message_id": params["user_id"] + 7}

    def _find(self, key):
        return next(
            (each for group in self.groups.values() for each in group["said"] if each["message_id"] == key), None
        )

    def on_get_msg(self, params):
        if (found := self._find(params["message_id"])) is None:
            raise Refused("消息不存在")
        return found

    def on_delete_msg(self, params):
        if (found := self._find(params["message_id"])) is None:
            raise Refused("Recall failed")
        self.groups[found["group_id"]]["said"].remove(found)
        self._drop_files(found["group_id"], params["message_id"])

    def _drop_files(self, group_id, key):
        self.groups[group_id]["files"] = [each for each in self.groups[group_id]["files"] if each[0] != key]

    def on_get_group_msg_history(self, params):
        if not self.history:
            raise Refused("不支持的Api get_group_msg_history", 1404)
        said, start = self.groups[params["group_id"]]["said"], params.get("message_seq")
        ids = [each["message_id"] for each in said]
        if not said or (start and start not in ids):
            raise Refused(f"消息{start}不存在")
        if not start:
            return {"messages": said[-params["count"] :]}
        at = ids.index(start)
        older, newer = said[max(0, at + 1 - params["count"]) : at + 1], said[at : at + params["count"]]
        return {"messages": older if params.get("reverseOrder") else newer}

    def on_upload_group_file(self, params):
        self._keep(params["group_id"], f"/file-{params['name']}", [params["file"]])
        return {"file_id": f"/file-{params['name']}"}

    def on_delete_group_file(self, params):
        self._drop_files(params["group_id"], params["file_id"])

    def on_upload_private_file(self, _):
        return None

    def on_set_group_ban(self, params):
        self.groups[params["group_id"]]["muted"][params["user_id"]] = params["duration"]

    def on_set_group_whole_ban(self, params):
        self.groups[params["group_id"]]["silent"] = params["enable"]

    def on_set_group_kick(self, params):
        group = self.groups[params["group_id"]]
        group["members"] = [each for each in group["members"] if each["user_id"] != params["user_id"]]

    def on_get_group_notice(self, params):
        if params["group_id"] not in self.groups:
            raise Refused("获取公告失败")
        return self.groups[params["group_id"]]["notices"]

    def on_send_group_notice(self, params):
        """Another announcement, as QQ's web pages keep it: the latest first."""
        text = params["content"].replace("&", "&amp;").replace("\n", "&#10;")
        notice = {"notice_id": "n", "sender_id": self.me, "publish_time": int(clock.now().timestamp())}
        self.groups[params["group_id"]]["notices"].insert(0, {**notice, "message": {"text": text, "image": []}})

    def _essence(self, params):
        if (found := self._find(params["message_id"])) is None:
            raise Refused("msg not found")
        return self.groups[found["group_id"]]["essence"]

    def on_set_essence_msg(self, params):
        self._essence(params).add(params["message_id"])

    def on_delete_essence_msg(self, params):
        self._essence(params).discard(params["message_id"])

    def on_set_group_add_request(self, params):
        if params["flag"] not in self.wishes:
            raise Refused("No such request")
        self.wishes[params["flag"]] = params["approve"]


@asynccontextmanager
async def talking(*, beat=200, **config):
    """A connector and the account that is connected to it, in one group."""
    port = free_port()
    connector = Onebot11(Onebot11Config(**{"access_token": TOKEN, "port": port} | config))
    try:
        with NapCat(port, beat=beat) as napcat:
            napcat.group(ROOM)
            await connector.check()
            yield connector, napcat
    finally:
        await connector.close()
