"""Every list as something to subscribe to: which feeds there are, what is in them."""

from newsarchive.syndication.channel import CORRECTIONS, Channel, channels_of
from newsarchive.syndication.composing import Composing
from newsarchive.syndication.syndicate import Document, Syndicate

__all__ = ["CORRECTIONS", "Channel", "Composing", "Document", "Syndicate", "channels_of"]
