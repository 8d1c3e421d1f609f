"""The broker in a folder takes and gives whole messages, however its writers and readers meet."""

from queue import Empty

import pytest
from kombu import Connection
from kombu.transport import filesystem

from events.folder_broker import Transport


@pytest.fixture
def channel_to(tmp_path):
    """Opens a channel of its own to the folder, as each process has."""

    def open_channel(transport):
        folders = dict.fromkeys(("data_folder_in", "data_folder_out", "control_folder"), str(tmp_path))
        return Connection("filesystem://", transport=transport, transport_options=folders).channel()

    return open_channel


class Meanwhile:
    """A part of a message during whose writing something else happens."""

    def __init__(self, happens):
        self.happens = happens

    def __json__(self):
        return self.happens()


def test_a_message_is_there_when_it_is_whole(channel_to):
    writer, reader = channel_to(Transport), channel_to(Transport)

    def look():
        with pytest.raises(Empty):
            reader._get("bells")
        return 7

    writer._put("bells", {"number": Meanwhile(look)})

    assert reader._get("bells") == {"number": 7}
    with pytest.raises(Empty):
        reader._get("bells")


def test_messages_of_the_version_before_are_taken(channel_to):
    channel_to(filesystem.Transport)._put("bells", {"number": 7})

    assert channel_to(Transport)._get("bells") == {"number": 7}
