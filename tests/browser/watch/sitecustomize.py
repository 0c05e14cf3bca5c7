"""Python imports this by itself at its start: notes each connection that leaves this computer.

On the path of the browser tests' servers and so of all their processes.
"""

import os
import sys

HERE = (None, "", "127.0.0.1", "::1", "localhost", "0.0.0.0")


def _note(event: str, arguments: tuple[object, ...]) -> None:
    if event == "socket.connect":
        address = arguments[1]
    elif event == "socket.getaddrinfo":
        address = arguments[:2]
    else:
        return
    # An address that is no tuple is a socket in the file system.
    if isinstance(address, tuple) and address[0] not in HERE:
        with open(LOG, "a", encoding="utf-8") as file:  # noqa: PTH123  (pathlib takes long to import)
            file.write(f"{event} {address} by {sys.argv}\n")


if LOG := os.environ.get("RESNET_VIZ_TEST_CONNECTIONS", ""):
    sys.addaudithook(_note)
