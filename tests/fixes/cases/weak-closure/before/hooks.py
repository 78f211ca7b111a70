"""What is to be done with what comes in on a channel."""

import weakref

_on_text = weakref.WeakKeyDictionary()


def text(channel, said):
    return _on_text[channel](said)
