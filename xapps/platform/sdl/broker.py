"""Publish and subscribe on channels."""

import threading
from typing import Protocol

from xapps.platform.sdl.glob import compile_pattern


class Subscriber(Protocol):
    """Who receives messages; called from the publisher's thread, must not block."""

    def deliver(self, channel: bytes, message: bytes, pattern: bytes | None) -> None:
        """Take one message; ``pattern`` says by which one it was subscribed to, if by any."""


class Broker:
    """Who listens to which channel; safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._channels: dict[bytes, list[Subscriber]] = {}
        self._patterns: dict[bytes, list[Subscriber]] = {}

    def subscribe(self, channel: bytes, subscriber: Subscriber) -> None:
        """Deliver what is published on a channel from now on."""
        _join(self._lock, self._channels, channel, subscriber)

    def unsubscribe(self, channel: bytes, subscriber: Subscriber) -> None:
        """Stop delivering a channel."""
        _leave(self._lock, self._channels, channel, subscriber)

    def subscribe_pattern(self, pattern: bytes, subscriber: Subscriber) -> None:
        """Deliver what is published on every channel that matches."""
        _join(self._lock, self._patterns, pattern, subscriber)

    def unsubscribe_pattern(self, pattern: bytes, subscriber: Subscriber) -> None:
        """Stop delivering a pattern."""
        _leave(self._lock, self._patterns, pattern, subscriber)

    def publish(self, channel: bytes, message: bytes) -> int:
        """Deliver a message to all who listen, and say how many times."""
        with self._lock:
            direct = list(self._channels.get(channel, ()))
            matching = [
                (pattern, subscriber)
                for pattern, subscribers in self._patterns.items()
                if compile_pattern(pattern).matches(channel)
                for subscriber in subscribers
            ]
            for subscriber in direct:
                subscriber.deliver(channel, message, None)
            for pattern, subscriber in matching:
                subscriber.deliver(channel, message, pattern)
        return len(direct) + len(matching)

    def channels(self, pattern: bytes = b"*") -> list[bytes]:
        """Channels that somebody subscribed to by name."""
        compiled = compile_pattern(pattern)
        with self._lock:
            return [channel for channel in self._channels if compiled.matches(channel)]

    def listeners(self, channel: bytes) -> int:
        """How many subscribed to a channel by name."""
        with self._lock:
            return len(self._channels.get(channel, ()))

    def patterns(self) -> int:
        """How many patterns are subscribed to."""
        with self._lock:
            return len(self._patterns)


_Registry = dict[bytes, list[Subscriber]]


def _join(lock: threading.RLock, registry: _Registry, name: bytes, subscriber: Subscriber) -> None:
    with lock:
        subscribers = registry.setdefault(name, [])
        if subscriber not in subscribers:
            subscribers.append(subscriber)


def _leave(lock: threading.RLock, registry: _Registry, name: bytes, subscriber: Subscriber) -> None:
    with lock:
        subscribers = registry.get(name, [])
        if subscriber in subscribers:
            subscribers.remove(subscriber)
        if not subscribers:
            registry.pop(name, None)
