"""The programs of examples/win32 under load: what they print while clients come, talk, reset and leave, and while files are copied."""

import os
import pathlib
import random
import socket
import struct
import subprocess
import tempfile
import threading

CLIENTS = 6
CONNECTIONS = 40  # of each client
PATIENCE = 30  # seconds
SIZES = (0, 1, 64 * 1024, 64 * 1024 * 8 + 1, 10_000_019)  # of files that are copied


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


def converse(port, seed, wrong):
    """A client of the chat: it talks, reads of others and of itself, and leaves; everybody's lines are whole."""
    chance = random.Random(seed)
    for _ in range(CONNECTIONS // 2):
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as stream, stream.makefile("rb") as lines:
            for number in range(chance.randrange(5)):
                word = f"{seed} {number} {chance.random()}".encode() * chance.randrange(1, 20)
                for part in (word[:5], word[5:] + b"\n"):
                    stream.sendall(part)
                while (line := lines.readline()) and not line.endswith(b": " + word + b"\n"):
                    if not (line.startswith(b"* ") or b": " in line):
                        wrong.append(f"client {seed}: {line}")
                        return
                if not line:
                    wrong.append(f"client {seed}: its own line has not come")
                    return
            if chance.randrange(3) == 0:
                stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def datagrams(port, seed, wrong):
    """A client of the datagram server. One that has an answer asks again; one that has gone gets an answer that finds nobody."""
    chance = random.Random(seed)
    for _ in range(CONNECTIONS):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stream:
            stream.connect(("127.0.0.1", port))
            stream.settimeout(PATIENCE)
            for _ in range(chance.randrange(6)):
                sent = bytes([chance.randrange(128)]) * chance.choice((0, 1, 1400, 4000))  # all of them fit into what the kernel keeps
                stream.send(sent)
                if chance.randrange(8) == 0:
                    break  # and does not wait for the answer
                got = stream.recv(1 << 16)
                if got != sent.upper():
                    wrong.append(f"client {seed}: {len(sent)} bytes sent, {len(got)} came back")
                    return


SERVERS = {"echo": visit, "acceptex": visit, "chat": converse, "udp": datagrams}


def copies(program, environment):
    """What is wrong when files are copied; empty if nothing is."""
    wrong = []
    with tempfile.TemporaryDirectory() as name:
        source, copy = pathlib.Path(name) / "from", pathlib.Path(name) / "to"
        for size in SIZES:
            content = random.Random(size).randbytes(size)
            source.write_bytes(content)
            with source.open("rb") as file:
                os.fsync(file)
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)  # some reads wait for the disk
            done = subprocess.run([program, source, copy], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                  timeout=60, check=False)
            if done.returncode or done.stdout != f"{size} bytes\n" or copy.read_bytes() != content:
                wrong.append(f"a file of {size} bytes: status {done.returncode}\n{done.stdout}")
    return wrong


def under_load(program, talk, environment, seed=1):
    """What is wrong with a server whose clients talk like that; empty if nothing is."""
    with tempfile.TemporaryFile("w+") as said:
        with subprocess.Popen([program, "0"], stdout=subprocess.PIPE, stderr=said, text=True, env=environment) as server:
            try:
                words = server.stdout.readline().split()
                if not words or not words[-1].isdigit():
                    return [f"it says {words} and not where it listens"]
                wrong = []

                def client(number):
                    try:
                        talk(int(words[-1]), seed + number, wrong)
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
