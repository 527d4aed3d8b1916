"""Making applications for the tests: wheels in code, facts, and the file that the tool assembles of them."""

import base64
import hashlib
import io
import json
import os
import subprocess
import zipfile
import zlib
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
TOOL = Path(os.environ.get("MONOWHEEL_TOOL") or TOP / "tool/target/debug/monowheel")
LAUNCHER = os.environ.get("MONOWHEEL_LAUNCHER") or str(TOP / "tool/target/debug/monowheel-launcher")
COMPILER = TOP / "rules/private/bytecode/compile_wheel.py"
# What the `application` line says for each head.
HEADS = {"portable": {}, "native": {"launcher": LAUNCHER}}


class Wheel:
    """A wheel to be made: files by name, text or bytes; a name that ends with `*` is executable, with `@` a link."""

    def __init__(
        self,
        name,
        files,
        version="1.0",
        tag="py3-none-any",
        scripts=None,
        compression=zipfile.ZIP_DEFLATED,
        system=3,
    ):
        self.system = system
        self.name, self.version, self.tag, self.compression = name, version, tag, compression
        self.dist_info = f"{name}-{version}.dist-info"
        self.files = {
            f"{self.dist_info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
            **files,
        }
        pure = "true" if tag.endswith("-any") else "false"
        self.files[f"{self.dist_info}/WHEEL"] = f"Wheel-Version: 1.0\nRoot-Is-Purelib: {pure}\nTag: {tag}\n"
        if scripts:
            lines = "".join(f"{key} = {value}\n" for key, value in scripts.items())
            self.files[f"{self.dist_info}/entry_points.txt"] = f"[console_scripts]\n{lines}"

    def write(self, folder: Path) -> Path:
        path = folder / f"{self.name}-{self.version}-{self.tag}.whl"
        record = []
        with zipfile.ZipFile(path, "w", self.compression) as archive:
            for name, content in self.files.items():
                data = content.encode() if isinstance(content, str) else content
                info = zipfile.ZipInfo(name.rstrip("*@"), (2020, 1, 1, 0, 0, 0))
                info.create_system = self.system
                info.external_attr = {"*": 0o100755, "@": 0o120777}.get(name[-1], 0o100644) << 16
                info.compress_type = self.compression
                archive.writestr(info, data)
                digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
                record.append(f"{info.filename},sha256={digest},{len(data)}\n")
            record.append(f"{self.dist_info}/RECORD,,\n")
            archive.writestr(zipfile.ZipInfo(f"{self.dist_info}/RECORD", (2020, 1, 1, 0, 0, 0)), "".join(record))
        return path


def installed(data_folder, name):
    """Where a member is installed, as facts say it."""
    schemes = {
        "purelib": "site-packages/",
        "platlib": "site-packages/",
        "scripts": "bin/",
        "headers": f"include/site/python/{data_folder.partition('-')[0] if data_folder else ''}/",
        "data": "",
    }
    if data_folder and name.startswith(data_folder + "/"):
        scheme, _, rest = name[len(data_folder) + 1 :].partition("/")
        return schemes[scheme] + rest
    return f"site-packages/{name}"


def facts(wheel: Path, output: Path) -> Path:
    """Write the facts of a wheel."""
    done = subprocess.run(
        [TOOL, "facts", "--wheel", wheel, "--output", output], capture_output=True, text=True, check=False
    )
    if done.returncode == 0:
        return output
    data = wheel.read_bytes()
    name, version, python, abi, platform = wheel.name[:-4].split("-")[-5:]
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = [info for info in archive.infolist() if not info.is_dir()]
        dist_info = next(info.filename.split("/")[0] for info in names if info.filename.endswith(".dist-info/RECORD"))
        data_folder = dist_info.replace(".dist-info", ".data")
        if not any(info.filename.startswith(data_folder + "/") for info in names):
            data_folder = None
        scripts, section = {}, ""
        if any(info.filename == f"{dist_info}/entry_points.txt" for info in names):
            for line in archive.read(f"{dist_info}/entry_points.txt").decode().splitlines():
                if line.startswith("["):
                    section = line.strip("[] ")
                elif "=" in line and section == "console_scripts":
                    key, _, value = line.partition("=")
                    scripts[key.strip()] = value.partition("[")[0].strip()
        files = []
        for info in names:
            digest = base64.urlsafe_b64encode(hashlib.sha256(archive.read(info)).digest()).rstrip(b"=").decode()
            mode = "x" if info.external_attr >> 16 & 0o111 else ""
            files.append([installed(data_folder, info.filename), info.file_size, f"sha256={digest}", mode])
    found = {
        "version": 2,
        "file": wheel.name,
        "sha256": hashlib.sha256(data).hexdigest(),
        "crc32": zlib.crc32(data),
        "size": len(data),
        "name": name.lower().replace("_", "-"),
        "wheel_version": version,
        "tags": sorted(f"{p}-{a}-{m}" for p in python.split(".") for a in abi.split(".") for m in platform.split(".")),
        "dist_info": dist_info,
        "data": data_folder,
        "purelib": platform == "any",
        "native": platform != "any",
        "requires_python": None,
        "console_scripts": scripts,
        "gui_scripts": {},
        "license": {"expression": None, "license": None, "classifiers": [], "files": []},
        "requires_dist": [],
        "zstd": False,
        "files": sorted(files),
    }
    output.write_text(json.dumps(found))
    return output


def compiled(wheel: Path, output: Path, python: Path, **environment) -> Path:
    """Write the bytecode of a wheel as an interpreter compiles it."""
    subprocess.run([python, COMPILER, wheel, output], check=True, env={**os.environ, **environment})
    return output


def manifest(file: Path) -> dict:
    """Give the manifest inside."""
    with zipfile.ZipFile(file) as archive:
        return json.loads(archive.read("monowheel/manifest.json"))


def assemble(
    output: Path, sources: dict, wheels=(), imports=("_main",), lines=(), bytecode=None, **application
) -> Path:
    """Assemble a file: `sources` by their place below `_main/`; `wheels` are made or taken as they are, and compiled by `bytecode`."""
    further = lines
    work = output.parent / f".{output.name[:40].encode().hex()}-parts"
    work.mkdir(parents=True, exist_ok=True)
    lines = [{"kind": "application", "version": 1, "origin": "//test:bin", **application}]
    lines += [{"kind": "import", "path": path} for path in imports]
    lines += further
    for index, (name, content) in enumerate(sources.items()):
        path = work / f"source{index}"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        lines.append({"kind": "file", "path": str(path), "dest": f"_main/{name}", "origin": "//test:lib"})
    for wheel in wheels:
        path = Path(wheel) if isinstance(wheel, (str, Path)) else wheel.write(work)
        lines.append(
            {
                "kind": "wheel",
                "path": str(path),
                "facts": str(facts(path, work / f"{path.name}.json")),
                "origin": path.name,
            }
        )
        if bytecode:
            archive = compiled(path, work / f"{path.name}.zip", bytecode)
            lines.append({"kind": "bytecode", "path": str(archive), "wheel": str(path), "origin": path.name})
    manifest = work / "manifest.jsonl"
    manifest.write_text("".join(json.dumps(line) + "\n" for line in lines))
    subprocess.run([TOOL, "assemble", "--manifest", manifest, "--output", output], check=True)
    output.chmod(0o755)
    return output
