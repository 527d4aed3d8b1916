"""A headless Chromium, driven over a pipe by its own protocol (DevTools): no driver, no web socket, no port."""

import base64
import json
import os
import shutil
import subprocess
import time
from pathlib import Path

from debian import program


def chromium() -> Path:
    """Give the path of Chromium; on a Debian-like machine without it, install it."""
    for name in ("chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return Path(path)
    return program("chromium", "chromium", "fonts-dejavu-core")


class Browser:
    """One browser with one page."""

    def __init__(self, profile: Path) -> None:
        to_browser, self._send = os.pipe()
        self._receive, from_browser = os.pipe()

        def connect() -> None:
            # --remote-debugging-pipe speaks on 3 and 4; by way of 10 and 11, as one of ours may have those numbers.
            os.dup2(to_browser, 10)
            os.dup2(from_browser, 11)
            os.dup2(10, 3)
            os.dup2(11, 4)

        line = [chromium(), "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run"]
        line += ["--remote-debugging-pipe", f"--user-data-dir={profile}", "--window-size=1280,1000", "about:blank"]
        self._process = subprocess.Popen(line, preexec_fn=connect, close_fds=False, stderr=subprocess.DEVNULL)
        os.close(to_browser)
        os.close(from_browser)
        self._buffer = b""
        self._count = 0
        self._session: str | None = None
        self.events: list[dict] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def __enter__(self) -> "Browser":
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._send)
        self._process.terminate()
        self._process.wait(20)
        os.close(self._receive)

    def _message(self) -> dict:
        while b"\0" not in self._buffer:
            piece = os.read(self._receive, 1 << 16)
            if not piece:
                raise RuntimeError("the browser has gone")
            self._buffer += piece
        text, self._buffer = self._buffer.split(b"\0", 1)
        return json.loads(text)

    def call(self, method: str, **parameters: object) -> dict:
        """Call a method of the protocol; events that come meanwhile are kept."""
        self._count += 1
        message = {"id": self._count, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._send, json.dumps(message).encode() + b"\0")
        while (answer := self._message()).get("id") != self._count:
            self.events.append(answer)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    def open(self, page: Path, scheme: str = "light") -> None:
        """Open a page in a colour scheme and wait until it is complete."""
        self.events.clear()
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.call("Page.navigate", url=page.as_uri())
        deadline = time.monotonic() + 60
        while self.run("location.href + document.readyState") != f"{page.as_uri()}complete":
            assert time.monotonic() < deadline, "the page was not loaded"
            time.sleep(0.05)

    def run(self, script: str) -> object:
        """Run JavaScript in the page and give its value."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def screenshot(self, path: Path) -> None:
        """Write what the page looks like."""
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))

    def complaints(self) -> list[str]:
        """What the page complained of, and what it asked of the network."""
        bad = ("Runtime.exceptionThrown", "Log.entryAdded", "Runtime.consoleAPICalled")
        found = [json.dumps(event) for event in self.events if event.get("method") in bad]
        asked = [event for event in self.events if event.get("method") == "Network.requestWillBeSent"]
        urls = [event["params"]["request"]["url"] for event in asked]
        return found + [url for url in urls if not url.startswith("file:") or not url.endswith(".html")]
