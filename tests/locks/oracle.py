#!/usr/bin/env python3
"""Record what uv and poetry choose from the locks in this folder, for the tests to compare with.

Usage: oracle.py [--check] [--bin FOLDER] [FORMAT/CASE …]

FOLDER has `uv` and a `python` that can import poetry (a virtual environment with both from PyPI). Each case is a folder with a lock, its
pyproject.toml and wheels.txt, which this program writes; with --check it compares instead. No real wheel is downloaded: uv is pointed at a
server that makes a small wheel (or source distribution) of the name that is asked for, and what was asked for is the answer.

wheels.txt: a line `[set]` opens each set of packages, then one line for each file and where it is chosen: package, version, the compatibility
tags (or `sdist`), and places or `*` for all of this set. A place is a platform letter and a Python minor, `l310`.
"""

import argparse
import base64
import functools
import hashlib
import http.server
import io
import itertools
import json
import pathlib
import re
import subprocess
import sys
import tarfile
import tempfile
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor

import tomllib

HERE = pathlib.Path(__file__).resolve().parent
PLATFORMS = {
    "l": "x86_64-unknown-linux-gnu",
    "a": "aarch64-unknown-linux-gnu",
    "m": "x86_64-unknown-linux-musl",
    "d": "aarch64-apple-darwin",
    "w": "x86_64-pc-windows-msvc",
}
MINORS = ["3.10", "3.11", "3.12", "3.13", "3.14"]


def normalize(name):
    return re.sub(r"[-_.]+", "-", name).lower()


# --- A registry that has every file.


@functools.cache
def fake(file):
    """The bytes of a small wheel or source distribution of this name."""
    buffer = io.BytesIO()
    if file.endswith(".whl"):
        name, version = file.split("-")[:2]
        info = f"{name}-{version}.dist-info"
        members = {
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
            f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: oracle\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        }
        rows = [f"{path},sha256={record_hash(text)},{len(text)}" for path, text in members.items()]
        members[f"{info}/RECORD"] = "\n".join([*rows, f"{info}/RECORD,,", ""])
        with zipfile.ZipFile(buffer, "w") as archive:
            for path, text in members.items():
                archive.writestr(zipfile.ZipInfo(path), text)
        return buffer.getvalue()
    stem = re.sub(r"\.(tar\.gz|zip|tgz|tar\.bz2)$", "", file)
    name, version = stem.rsplit("-", 1)
    backend = (
        "import base64, zipfile, io\n"
        "def build_wheel(folder, config_settings=None, metadata_directory=None):\n"
        f"    name, version = {re.sub('[-.]+', '_', name)!r}, {version!r}\n"
        "    info = f'{name}-{version}.dist-info'\n"
        "    file = f'{name}-{version}-py3-none-any.whl'\n"
        "    with zipfile.ZipFile(f'{folder}/{file}', 'w') as archive:\n"
        "        archive.writestr(f'{info}/METADATA', f'Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n')\n"
        "        archive.writestr(f'{info}/WHEEL', 'Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')\n"
        "        archive.writestr(f'{info}/RECORD', f'{info}/METADATA,,\\n{info}/WHEEL,,\\n{info}/RECORD,,\\n')\n"
        "    return file\n"
    )
    members = {
        "PKG-INFO": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        "backend.py": backend,
        "pyproject.toml": (
            '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
            f'[project]\nname = "{name}"\nversion = "{version}"\n'
        ),
    }
    if file.endswith(".zip"):
        with zipfile.ZipFile(buffer, "w") as archive:
            for path, text in members.items():
                archive.writestr(zipfile.ZipInfo(f"{stem}/{path}"), text)
    else:
        mode = "w:bz2" if file.endswith("bz2") else "w"
        with tarfile.open(fileobj=buffer, mode=mode) as archive:
            for path, text in members.items():
                member = tarfile.TarInfo(f"{stem}/{path}")
                member.size = len(text)
                archive.addfile(member, io.BytesIO(text.encode()))
        if file.endswith("gz"):
            import gzip

            return gzip.compress(buffer.getvalue(), mtime=0)
    return buffer.getvalue()


def record_hash(text):
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


class Registry(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked = {}
        self.pages = {}
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def url(self, run):
        return f"http://127.0.0.1:{self.server_address[1]}/{run}"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        _, run, *rest = self.path.split("/")
        if rest[0] == "simple":
            links = "".join(
                f'<a href="/{run}/{file}#sha256={digest(file)}">{file}</a>'
                for file in self.server.pages.get(rest[1], [])
            )
            body, kind = f"<html><body>{links}</body></html>".encode(), "text/html"
        else:
            file = rest[0].replace("%2B", "+")
            self.server.asked.setdefault(run, set()).add(file)
            body, kind = fake(file), "application/octet-stream"
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815 (http.server calls it so)

    def log_message(self, *_):
        pass


@functools.cache
def digest(file):
    return hashlib.sha256(fake(file)).hexdigest()


# --- uv


RUNS = itertools.count()


def uv_choice(uv, registry, document, name, platform, python, options=()):
    """The files that `uv pip sync` takes from a pylock.toml or requirements.txt for a place."""
    run = f"r{next(RUNS)}"
    with tempfile.TemporaryDirectory() as folder:
        lock = pathlib.Path(folder, name)
        lock.write_text(document.replace("@REGISTRY@", registry.url(run)))
        command = [
            uv,
            "pip",
            "sync",
            "-q",
            "--no-cache",
            "--no-config",
            "--python-version",
            python,
            "--python-platform",
            platform,
        ]
        command += ["--target", f"{folder}/target", str(lock), "--allow-empty-requirements", *options]
        if name.endswith(".txt"):
            command += ["--require-hashes", "--index-url", registry.url(run) + "/simple"]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return sorted(registry.asked.get(run, ()))


def local_pylock(text):
    """A pylock.toml whose files all come from the registry, without what is first-party."""
    lock = tomllib.loads(text)
    lines = ['lock-version = "1.0"', 'created-by = "oracle"']
    for key in ("extras", "dependency-groups", "default-groups", "environments", "requires-python"):
        if key in lock:
            lines.append(f"{key} = {json.dumps(lock[key])}")
    for package in lock["packages"]:
        if "directory" in package:
            continue
        lines.append("[[packages]]")
        for key in ("name", "version", "marker", "requires-python"):
            if key in package:
                lines.append(f"{key} = {json.dumps(package[key])}")
        wheels = [local_file(wheel) for wheel in package.get("wheels", [])]
        if "archive" in package:
            lines.append(f"archive = {local_file(package['archive'])}")
        if wheels:
            lines.append(f"wheels = [{', '.join(wheels)}]")
        if "archive" not in package:
            # Also where there is none: to be asked for it tells that no wheel fits.
            none = {"name": f"{package['name']}-{package['version']}.tar.gz"}
            lines.append(f"sdist = {local_file(package.get('sdist', none))}")
    return "\n".join(lines) + "\n"


def local_file(entry):
    file = (
        (entry.get("name") or entry.get("url") or entry.get("path"))
        .split("#")[0]
        .rsplit("/", 1)[-1]
        .replace("%2B", "+")
    )
    return f'{{ url = "@REGISTRY@/{file.replace("+", "%2B")}", hashes = {{ sha256 = "{digest(file)}" }} }}'


def uv_sets(case, lock):
    """Sets of a uv.lock, each with the options of `uv export` that give it."""
    projects = [package for package in lock["package"] if {"virtual", "editable"} & package["source"].keys()]
    sets = {"project": ["--all-packages", "--no-default-groups"]}
    for package in projects:
        name = package["name"]
        several = len(projects) > 1
        if several:
            sets[name] = ["--package", name, "--no-default-groups"]
        for extra in package.get("optional-dependencies", {}):
            sets[f"{name}[{extra}]"] = ["--package", name, "--extra", extra, "--no-default-groups"]
        for group in package.get("dev-dependencies", {}):
            sets[f"{name}:group.{group}"] = ["--package", name, "--only-group", group]
    return sets


def uv_lock(tools, registry, case):
    lock = tomllib.loads((case / "uv.lock").read_text())
    for label, options in uv_sets(case, lock).items():
        with tempfile.TemporaryDirectory() as folder:
            # uv wants the members' folders: their pyproject.toml stand in the case.
            command = [
                tools.uv,
                "export",
                "-q",
                "--frozen",
                "--no-config",
                "--format",
                "pylock.toml",
                "--project",
                str(case),
                *options,
            ]
            command += ["-o", f"{folder}/pylock.toml"]
            subprocess.run(command, check=True, capture_output=True)
            document = local_pylock(pathlib.Path(folder, "pylock.toml").read_text())
        places = list(itertools.product(PLATFORMS, MINORS if label == "project" else ["3.12"]))
        yield label, uv_places(tools, registry, document, "pylock.toml", lock["requires-python"], places)


def pylock(tools, registry, case):
    text = (case / "pylock.toml").read_text()
    lock, document = tomllib.loads(text), local_pylock(text)
    sets = {"project": []}
    sets |= {f"extra.{extra}": ["--extra", extra] for extra in lock.get("extras", [])}
    sets |= {f"group.{group}": ["--group", group] for group in lock.get("dependency-groups", [])}
    for label, options in sets.items():
        # What pip locks is for the machine that locked: Python 3.11 on x86_64 Linux.
        own = (
            list(itertools.product(PLATFORMS, MINORS if label == "project" else ["3.12"]))
            if lock["created-by"] != "pip"
            else [("l", "3.11")]
        )
        yield label, uv_places(tools, registry, document, "pylock.toml", lock.get("requires-python", ""), own, options)


@functools.cache
def known_files():
    """File names by hash, from the locks of the other formats: requirements have no names."""
    known = {}
    for path in HERE.glob("uv/*/uv.lock"):
        for package in tomllib.loads(path.read_text())["package"]:
            for file in [*package.get("wheels", []), *([package["sdist"]] if "sdist" in package else [])]:
                known[file["hash"].removeprefix("sha256:")] = file["url"].rsplit("/", 1)[-1].replace("%2B", "+")
    for path in HERE.glob("poetry/*/poetry.lock"):
        lock = tomllib.loads(path.read_text())
        # Before lock version 2 all files stand at the end.
        lists = [package.get("files", []) for package in lock["package"]] + list(
            lock["metadata"].get("files", {}).values()
        )
        known |= {file["hash"].removeprefix("sha256:"): file["file"] for files in lists for file in files}
    for path in HERE.glob("pylock/*/pylock.toml"):
        for package in tomllib.loads(path.read_text())["packages"]:
            for file in [*package.get("wheels", []), *([package["sdist"]] if "sdist" in package else [])]:
                known[file["hashes"]["sha256"]] = file["url"].rsplit("/", 1)[-1].replace("%2B", "+")
    return known


def requirement_lines(path):
    """Requirements with their hashes, of a file and of those that it includes."""
    for line in re.sub(r"\\\n", " ", path.read_text()).splitlines():
        line = re.sub(r"(^|\s)#.*", "", line).strip()
        if line.startswith("-r "):
            yield from requirement_lines(path.parent / line[3:].strip())
        elif line and not line.startswith("-"):
            yield line


def requirements(tools, registry, case):
    lines, seen = [], set()
    for line in requirement_lines(case / "requirements.txt"):
        pin, *hashes = re.split(r"\s+--hash=sha256:", line)
        if pin in seen:
            continue
        seen.add(pin)
        name, version = re.match(r"([\w.-]+)(?:\[.*\])?==(\S+)", pin).groups()
        name = normalize(name)
        files = [known_files()[digest] for digest in hashes if digest in known_files()]
        if not any(not file.endswith(".whl") for file in files):
            files.append(f"{name}-{version}.tar.gz")
        registry.pages.setdefault(name, set()).update(files)
        lines.append(pin + "".join(f" --hash=sha256:{digest(file)}" for file in files))
    project = tomllib.loads((case / "pyproject.toml").read_text())
    places = list(itertools.product(PLATFORMS, MINORS))
    found = uv_places(
        tools, registry, "\n".join(lines), "requirements.txt", project["project"]["requires-python"], places
    )
    yield "project", found


def uv_places(tools, registry, document, name, requires, places, options=()):
    places = [(letter, python) for letter, python in places if admits(requires, python)]
    with ThreadPoolExecutor(4) as pool:

        def choose(place):
            return uv_choice(tools.uv, registry, document, name, PLATFORMS[place[0]], place[1], options)

        return dict(zip(places, pool.map(choose, places)))


def admits(requires, python):
    found = re.search(r">=\s*3\.(\d+)", requires)
    return not found or int(python.split(".")[1]) >= int(found[1])


# --- poetry


def poetry_lock(tools, registry, case):
    lock = tomllib.loads((case / "poetry.lock").read_text())
    project = tomllib.loads((case / "pyproject.toml").read_text())
    groups = {group for package in lock["package"] for group in package.get("groups", [])}
    own = project.get("tool", {}).get("poetry", {})
    groups |= project.get("dependency-groups", {}).keys() | own.get("group", {}).keys()
    groups |= {"dev"} if "dev-dependencies" in own else set()
    sets = {"project": {"groups": ["main"], "extras": []}}
    sets |= {f"group.{group}": {"groups": [group], "extras": []} for group in sorted(groups - {"main"})}
    sets |= {f"extra.{extra}": {"groups": ["main"], "extras": [extra]} for extra in lock.get("extras", {})}
    requires = lock["metadata"]["python-versions"]
    for label, part in sets.items():
        minors = MINORS if label == "project" else ["3.12"]
        part["places"] = [place for place in itertools.product(PLATFORMS, minors) if admits(requires, place[1])]
    asked = json.dumps({"case": str(case), "sets": sets})
    done = subprocess.run(
        [tools.bin / "python", HERE / "poetry_choices.py"], input=asked, capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    for label, places in json.loads(done.stdout).items():
        yield label, {(place[0], f"3.{place[2:]}"): files for place, files in places.items()}


# --- wheels.txt


def describe(file):
    """Package, version and tags of a file name."""
    if file.endswith(".whl"):
        parts = file[: -len(".whl")].split("-")
        tags = "-".join(parts[2:])
        return normalize(parts[0]), parts[1], tags
    stem = re.sub(r"\.(tar\.gz|zip|tgz|tar\.bz2)$", "", file)
    name, version = stem.rsplit("-", 1)
    return normalize(name), version, "sdist"


def render(sets, made_by):
    lines = [f"# {made_by}; written by tests/locks/oracle.py"]
    for label, places in sets:
        names = [f"{letter}{python.replace('.', '')}" for letter, python in places]
        lines.append(f"[{label}] {' '.join(names)}")
        where = {}
        for name, files in zip(names, places.values()):
            for file in files:
                where.setdefault(describe(file), []).append(name)
        for (package, version, tags), found in sorted(where.items()):
            lines.append(f"{package} {version} {tags} {'*' if found == names else ' '.join(found)}")
    return "\n".join(lines) + "\n"


# --- Cases


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--bin", type=pathlib.Path, default=pathlib.Path(sys.prefix, "bin"))
    parser.add_argument("cases", nargs="*")
    tools = parser.parse_args()
    tools.uv = str(tools.bin / "uv")
    registry = Registry()
    made_by = {}
    for tool in ("uv", "poetry"):
        made_by[tool] = (
            subprocess.run([tools.bin / tool, "--version"], capture_output=True, text=True, check=True)
            .stdout.split("\n")[0]
            .split(" (x")[0]
        )
    formats = {"uv": uv_lock, "poetry": poetry_lock, "pylock": pylock, "requirements": requirements}
    wrong = []
    for case in sorted(HERE.glob("*/*/pyproject.toml")):
        case = case.parent
        label = f"{case.parent.name}/{case.name}"
        if case.parent.name not in formats or (tools.cases and label not in tools.cases):
            continue
        print(label, flush=True)
        made = made_by["poetry" if case.parent.name == "poetry" else "uv"]
        text = render(formats[case.parent.name](tools, registry, case), made)
        record = case / "wheels.txt"
        if not tools.check:
            record.write_text(text)
        elif text.split("\n", 1)[1] != record.read_text().split("\n", 1)[1]:
            wrong.append(label)
    if wrong:
        raise SystemExit(f"Other choices than recorded: {', '.join(wrong)}")


if __name__ == "__main__":
    main()
