"""A package index on loopback, for `monowheel build`: pages and wheels, behind a password, a certificate or a proxy, with faults."""

import base64
import contextlib
import hashlib
import http.server
import io
import socket
import ssl
import subprocess
import threading
import zipfile
from pathlib import Path

from debian import program

USER, PASSWORD = "reader", "s3cr3t"


def wheel(name: str) -> bytes:
    """Build a wheel with a console script of its own name."""
    info = f"{name}-1.0.dist-info"
    members = {
        f"{name}.py": f"def main():\n    print('{name} runs')\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": f"[console_scripts]\n{name} = {name}:main\n",
    }
    rows = [f"{path},sha256={record_hash(text)},{len(text)}" for path, text in members.items()]
    members[f"{info}/RECORD"] = "\n".join([*rows, f"{info}/RECORD,,", ""])
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, text in members.items():
            archive.writestr(zipfile.ZipInfo(path), text)
    return buffer.getvalue()


def record_hash(text: str) -> str:
    """Give a digest as RECORD has it."""
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


class Registry(http.server.ThreadingHTTPServer):
    """Pages at /simple/NAME/ and /links/, wheels at /files/; what was asked for is in `asked`."""

    daemon_threads = True

    def __init__(self, names: list[str]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.wheels = {f"{name}-1.0-py3-none-any.whl": wheel(name) for name in names}
        self.password = False
        # Faults to answer with before the real thing: a status, or "broken" for half of the content.
        self.faults: list[object] = []
        self.asked: list[str] = []
        self.tunnels: list[str] = []
        self.scheme = "http"

    @property
    def port(self) -> int:
        """Where it listens."""
        return self.server_address[1]

    def url(self, path: str, credentials: str = "", host: str = "127.0.0.1") -> str:
        """Give an address on it."""
        return f"{self.scheme}://{credentials}{host}:{self.port}{path}"

    def encrypt(self, folder: Path) -> Path:
        """Speak TLS with a certificate of an authority that nobody knows, and give that authority's certificate."""
        openssl = program("openssl", "openssl")

        def run(*arguments: object) -> None:
            subprocess.run([openssl, *map(str, arguments)], check=True, capture_output=True, cwd=folder)

        new = ["req", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
        usage = ["-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign"]
        run(*new, "-x509", "-subj", "/CN=authority", *usage, "-keyout", "ca.key", "-out", "ca.pem")
        run(*new, "-subj", "/CN=index", "-keyout", "index.key", "-out", "index.csr")
        (folder / "names").write_text("subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n")
        authority = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "names"]
        run("x509", "-req", "-in", "index.csr", "-days", "2", *authority, "-out", "index.pem")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "index.pem", folder / "index.key")
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.scheme = "https"
        return folder / "ca.pem"

    def digest(self, name: str) -> str:
        """Give the SHA-256 of a wheel."""
        return hashlib.sha256(self.wheels[f"{name}-1.0-py3-none-any.whl"]).hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    """One request."""

    server: Registry

    def do_GET(self) -> None:
        """Answer a page or a wheel."""
        registry = self.server
        path = "/" + self.path.split("://")[-1].split("/", 1)[-1]
        registry.asked.append(path)
        if "://" in self.path:
            registry.tunnels.append(self.path)
        given = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if registry.password and self.headers["Authorization"] != given:
            self.send_error(401)
            return
        if path.startswith(("/simple/", "/links/")):
            # Addresses without credentials, as real indexes write them.
            links = [f'<a href="{registry.url(f"/files/{file}")}">{file}</a>' for file in sorted(registry.wheels)]
            self.answer("text/html", f"<html><body>{''.join(links)}</body></html>".encode())
            return
        fault = registry.faults.pop(0) if registry.faults else None
        if isinstance(fault, int):
            self.send_error(fault)
            return
        content = registry.wheels[path.removeprefix("/files/")]
        self.answer("application/octet-stream", content, broken=fault == "broken")

    def answer(self, kind: str, body: bytes, broken: bool = False) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if broken else body)
        self.close_connection = True

    def do_CONNECT(self) -> None:
        """Be a proxy: whatever is asked for, it is here."""
        self.server.tunnels.append(self.path)
        with socket.create_connection(("127.0.0.1", self.server.port)) as other:
            self.send_response(200)
            self.end_headers()
            back = threading.Thread(target=pump, args=(other, self.connection))
            back.start()
            pump(self.connection, other)
            back.join()
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def pump(source: socket.socket, sink: socket.socket) -> None:
    """Copy until one side ends."""
    with contextlib.suppress(OSError):
        while chunk := source.recv(1 << 16):
            sink.sendall(chunk)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def running(*names: str):
    """Run an index that has these wheels."""
    registry = Registry(list(names))
    thread = threading.Thread(target=registry.serve_forever, daemon=True)
    thread.start()
    try:
        yield registry
    finally:
        registry.shutdown()
        registry.server_close()
