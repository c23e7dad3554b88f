"""The servers of examples/win32 under load: what they print while clients come, talk, reset and leave."""

import random
import socket
import struct
import subprocess
import tempfile
import threading

CLIENTS = 6
CONNECTIONS = 40  # of each client
PATIENCE = 30  # seconds
SERVERS = ("echo", "acceptex")


def visit(port, seed, wrong):
    """One client: it talks, and leaves in one way or another."""
    chance = random.Random(seed)
    for _ in range(CONNECTIONS):
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as stream:
            for _ in range(chance.randrange(6)):
                sent = bytes([chance.randrange(256)]) * chance.randrange(1, 3000)
                stream.sendall(sent)
                if chance.randrange(8) == 0:
                    break  # and does not wait for the answer
                got = b""
                while len(got) < len(sent) and (more := stream.recv(len(sent) - len(got))):
                    got += more
                if got != sent:
                    wrong.append(f"client {seed}: {len(sent)} bytes sent, {len(got)} came back")
                    return
            if chance.randrange(3) == 0:
                stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def under_load(program, environment, seed=1):
    """What is wrong; empty if nothing is."""
    with tempfile.TemporaryFile("w+") as said:
        with subprocess.Popen([program, "0"], stdout=subprocess.PIPE, stderr=said, text=True, env=environment) as server:
            try:
                words = server.stdout.readline().split()
                if not words or not words[-1].isdigit():
                    return [f"it says {words} and not where it listens"]
                wrong = []

                def client(number):
                    try:
                        visit(int(words[-1]), seed + number, wrong)
                    except OSError as error:
                        wrong.append(f"client {seed + number}: {error}")

                clients = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
                for thread in clients:
                    thread.start()
                for thread in clients:
                    thread.join()
                if server.poll() is not None:
                    wrong.append(f"it has ended with status {server.returncode}")
            finally:
                server.kill()  # it would serve for ever
        said.seek(0)
        reports = said.read()
    if "Sanitizer: " in reports:
        wrong.append(reports)
    return wrong
