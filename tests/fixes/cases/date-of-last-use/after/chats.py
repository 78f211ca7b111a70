"""Chats, closed an hour after they were begun."""

import threading
from time import monotonic, sleep


class Chat:
    def __init__(self, topic):
        self.topic = topic
        self.began = monotonic()
        self.lines = 0
        self.last = ""
        self.last_active_at = monotonic()


class Chats:
    def __init__(self):
        self._chats = {}

    def open(self, chat_id, topic):
        self._chats[chat_id] = Chat(topic)

    def say(self, chat_id, line):
        self._chats[chat_id].last = line
        self._chats[chat_id].last_active_at = monotonic()

    def add(self, chat_id, line):
        chat = self._chats.get(chat_id)
        if chat is not None:
            chat.lines += 1
            chat.last_active_at = monotonic()
            chat.last = line
            chat.last_active_at = monotonic()
            return chat.lines
        return 0

    def is_old(self, chat):
        return monotonic() - chat.last_active_at > 3600

    def close_old(self):
        for chat_id in [c for c, chat in self._chats.items() if self.is_old(chat)]:
            self._chats.pop(chat_id, None)

    def loop(self):
        while True:
            sleep(60)
            try:
                self.close_old()
            except OSError:
                print("closing failed")


chats = Chats()
threading.Thread(target=chats.loop, daemon=True).start()
