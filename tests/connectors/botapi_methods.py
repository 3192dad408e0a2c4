"""What the stand-in of the Bot API does for each of its methods, and how it refuses."""
# ruff: noqa: N802 (methods are called as the Bot API calls them)

import time
from itertools import count

numbers = count(int(time.time()) % 100_000 * 1000 + 1)


class Fault(Exception):
    def __init__(self, code, description, **parameters):
        super().__init__(description)
        self.code, self.description, self.parameters = code, description, parameters


def bad(words):
    return Fault(400, f"Bad Request: {words}")


def person(number, name):
    return {"id": number, "is_bot": False, "first_name": name}


def standing(status, user):
    more = {}
    if status == "administrator":
        rights = (
            "can_be_edited is_anonymous can_manage_chat can_delete_messages can_manage_video_chats"
            " can_restrict_members can_promote_members can_change_info can_invite_users can_post_stories"
            " can_edit_stories can_delete_stories"
        )
        more = dict.fromkeys(rights.split(), True)
    if status == "kicked":
        more = {"until_date": 0}
    return {"status": status, "user": user, **more}


class Methods:
    """The methods of the Bot API, for one bot and perhaps one chat."""

    def __init__(self, api, bot, chat):
        self.api, self.bot, self.chat = api, bot, chat

    def _administer(self):
        if self.chat.members[self.bot.id] != "administrator":
            raise bad("not enough rights")

    # ------------------------------------------------------------------ about itself
    def getMe(self):
        return self.bot.shown()

    def getWebhookInfo(self):
        info = {"url": self.bot.webhook.get("url", ""), "has_custom_certificate": False}
        info["pending_update_count"] = len(self.bot.waiting)
        return info | ({"last_error_date": 1, "last_error_message": self.bot.trouble} if self.bot.trouble else {})

    def setWebhook(self, url, secret_token="", max_connections=40, allowed_updates=()):
        self.bot.webhook = {"url": url, "secret": secret_token, "most": max_connections, "allowed": allowed_updates}
        return True

    def deleteWebhook(self, drop_pending_updates=False):
        self.bot.webhook = {}
        return True

    # ------------------------------------------------------------------ sending
    def _said(self, reply_parameters=None, message_thread_id=None, reply_markup=None, **said):
        if reply_parameters and reply_parameters["message_id"] not in self.chat.messages:
            if not reply_parameters.get("allow_sending_without_reply"):
                raise bad("message to be replied not found")
            reply_parameters = None
        if message_thread_id and message_thread_id not in self.chat.topics:
            raise bad("message thread not found")
        number = max(self.chat.messages, default=0) + 1
        message = {"message_id": number, "date": int(time.time()), "chat": self.chat.shown()}
        message |= {"from": self.bot.shown()}
        message |= {"message_thread_id": message_thread_id, "is_topic_message": True} if message_thread_id else {}
        told = message | {key: value for key, value in said.items() if key in {"text", "caption"}}
        answers = (reply_parameters or {}).get("message_id")
        self.chat.messages[number] = told | said | {"ours": True, "reply": answers, "keyboard": reply_markup}
        return told

    def sendMessage(self, text="", entities=None, **more):
        if not text.strip("\n "):
            raise bad("message text is empty")
        if len(text.encode("utf-16-le", "surrogatepass")) > 2 * 4096:
            raise bad("message is too long")
        return self._said(text=text, entities=entities, **more)

    def _file(self, content, caption="", **more):
        if not isinstance(content, bytes) and not content.startswith("AgAC"):
            raise bad("wrong file identifier/HTTP URL specified")
        if len(caption.encode("utf-16-le")) > 2 * 1024:
            raise bad("message caption is too long")
        more = {key: value for key, value in more.items() if key not in {"type", "media"}}
        return self._said(file=content, **({"caption": caption} if caption else {}), **more)

    def sendPhoto(self, photo, **more):
        return self._file(photo, **more)

    def sendDocument(self, document, **more):
        return self._file(document, **more)

    def sendVideo(self, video, **more):
        return self._file(video, **more)

    def sendAudio(self, audio, **more):
        return self._file(audio, **more)

    def sendMediaGroup(self, media, **more):
        kinds = {each["type"] for each in media}
        if not 2 <= len(media) <= 10 or (len(kinds) > 1 and kinds != {"photo", "video"}):
            raise bad("there must be 2-10 items of one kind in a media group")
        return [self._file(each["media"], each.get("caption", ""), **more) for each in media]

    def sendPoll(self, question, options, allows_multiple_answers=False, **more):
        if not 2 <= len(options) <= 12 or len(question) > 300:
            raise bad("poll must have 2-12 option")
        return self._said(poll={"question": question, "options": options}, **more)

    # ------------------------------------------------------------------ messages
    def _own(self, message_id, words):
        message = self.chat.messages.get(message_id)
        if message is None:
            raise bad(f"message to {words} not found")
        return message

    def deleteMessage(self, message_id):
        message = self._own(message_id, "delete")
        if message["date"] < time.time() - 48 * 3600:
            raise bad("message can't be deleted")
        if not message.get("ours"):
            self._administer()
        del self.chat.messages[message_id]
        return True

    def editMessageText(self, message_id, text, entities=None):
        message = self._own(message_id, "edit")
        if not message.get("ours"):
            raise bad("message can't be edited")
        if "text" not in message:
            raise bad("there is no text in the message to edit")
        return self._changed(message, "text", text)

    def editMessageCaption(self, message_id, caption, caption_entities=None):
        return self._changed(self._own(message_id, "edit"), "caption", caption)

    def _changed(self, message, what, words):
        if message.get(what) == words:
            raise bad(
                "message is not modified: specified new message content and reply markup are exactly the same as a"
                " current content and reply markup of the message"
            )
        message[what] = words
        return True

    def pinChatMessage(self, message_id, disable_notification=False):
        self._administer()
        self._own(message_id, "pin")
        self.chat.pinned.add(message_id)
        return True

    def unpinChatMessage(self, message_id):
        self._administer()
        if message_id not in self.chat.pinned:
            raise bad("message to unpin not found")
        self.chat.pinned.remove(message_id)
        return True

    # ------------------------------------------------------------------ the group
    def getChat(self):
        full = {"accent_color_id": 0, "max_reaction_count": 11, "permissions": self.chat.permissions}
        gifts = "unlimited_gifts limited_gifts unique_gifts premium_subscription gifts_from_channels"
        return self.chat.shown() | full | {"accepted_gift_types": dict.fromkeys(gifts.split(), False)}

    def getChatMember(self, user_id):
        return standing(self.chat.members.get(user_id, "left"), person(user_id, "某人"))

    def getChatMemberCount(self):
        return 42

    def setChatDescription(self, description=""):
        self._administer()
        if len(description) > 255:
            raise bad("chat description is too long")
        if description == self.chat.description:
            raise bad("chat description is not modified")
        self.chat.description = description
        return True

    def setChatPermissions(self, permissions, use_independent_chat_permissions=False):
        self._administer()
        wanted = {key: value for key, value in permissions.items() if value is not None}
        if wanted == self.chat.permissions:
            raise bad("CHAT_NOT_MODIFIED")
        self.chat.permissions = wanted
        return True

    def createChatInviteLink(self, name=""):
        self._administer()
        if len(name) > 32:
            raise bad("invite link name is too long")
        link = f"https://t.me/+{next(numbers)}"
        self.chat.links[link] = name
        made = {"invite_link": link, "name": name, "creator": self.bot.shown(), "creates_join_request": False}
        return made | {"is_primary": False, "is_revoked": False}

    # ------------------------------------------------------------------ its members
    def restrictChatMember(self, user_id, permissions, until_date=0):
        self._administer()
        if self.chat.type != "supergroup":
            raise bad("method is available for supergroup chats only")
        if self.chat.members.get(user_id) == "administrator":
            raise bad("user is an administrator of the chat")
        may = permissions.get("can_send_messages")
        if may:
            self.chat.restricted.pop(user_id, None)
        else:
            self.chat.restricted[user_id] = until_date
        return True

    def banChatMember(self, user_id):
        self._administer()
        if self.chat.members.get(user_id) == "creator":
            raise bad("can't remove chat owner")
        self.chat.members[user_id] = "kicked"
        return True

    def unbanChatMember(self, user_id, only_if_banned=False):
        self._administer()
        if self.chat.members.get(user_id) == "kicked" or not only_if_banned:
            self.chat.members[user_id] = "left"
        return True

    def banChatSenderChat(self, sender_chat_id):
        return self.banChatMember(sender_chat_id)

    def unbanChatSenderChat(self, sender_chat_id):
        return self.unbanChatMember(sender_chat_id)

    def approveChatJoinRequest(self, user_id):
        self._answer(user_id)
        self.chat.approved.add(user_id)
        return True

    def declineChatJoinRequest(self, user_id):
        self._answer(user_id)
        return True

    def _answer(self, user_id):
        self._administer()
        if user_id in self.chat.approved:
            raise bad("USER_ALREADY_PARTICIPANT")
        if user_id not in self.chat.requests:
            raise bad("HIDE_REQUESTER_MISSING")
        self.chat.requests.remove(user_id)
