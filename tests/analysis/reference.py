#!/usr/bin/env python3
"""The reference page of the rules, `docs/rules.md`, made of the documentation in the Starlark code.

`tests/analysis/reference.py` writes the page; `tests/run analysis` compares it. Bazel itself reads the code (`starlark_doc_extract`), in the
module of the analysis tests; this file only lays out what it found.
"""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent
PAGE = HERE.parents[1] / "docs/rules.md"
# What tests/analysis/docs extracts.
FILES = ["defs", "python_binary", "python_library", "python_test", "extensions", "toolchain", "providers"]
# Attributes behind the macros' own arguments; nobody gives them.
INTERNAL = ("baked_args", "bytecode_deps", "complaints", "native_launcher")
HEAD = """\
# The rules

All that a BUILD file or MODULE.bazel can load of Monowheel. This page is made of the code by `tests/analysis/reference.py`; the
[README](../README.md) is where to begin.
"""

Message = dict[str, list]


def parse(text: str) -> Message:
    """Read a protocol buffer in text format, as Bazel lays it out: one field a line, lists of values by field."""
    root: Message = {}
    stack = [root]
    for line in text.splitlines():
        line = line.strip()
        if line == "}":
            stack.pop()
        elif line.endswith(" {"):
            stack.append({})
            stack[-2].setdefault(line.removesuffix(" {"), []).append(stack[-1])
        else:
            name, _, value = line.partition(": ")
            stack[-1].setdefault(name, []).append(string(value) if value.startswith('"') else value)
    return root


def string(quoted: str) -> str:
    """Decode a string. Bazel 7 takes the bytes of a source file for Latin-1, so what is not ASCII comes encoded twice."""
    text = ast.literal_eval("b" + quoted).decode()
    try:
        return text.encode("latin-1").decode()
    except UnicodeError:
        return text


def one(message: Message, field: str, default: str = "") -> str:
    """Give the value of a field that is there once or not at all."""
    return message.get(field, [default])[0]


def item(name: str, message: Message, kind: str = "") -> str:
    """Lay out an attribute, a parameter or a field."""
    facts = [kind.lower().replace("_", " ")] if kind else []
    if one(message, "mandatory") == "true":
        facts.append("mandatory")
    elif "default_value" in message and one(message, "default_value") not in ("None", '""', "[]", "{}"):
        facts.append(f"default `{one(message, 'default_value')}`")
    beside = f" ({', '.join(facts)})" if facts else ""
    return f"- **`{name}`**{beside}: {' '.join(one(message, 'doc_string').split())}"


def attributes(message: Message) -> list[str]:
    """Lay out the attributes of a rule or a tag class, and a macro's own arguments."""
    return [
        item(one(attribute, "name"), attribute, one(attribute, "type"))
        for attribute in sorted(message.get("attribute", []), key=rank)
        if one(attribute, "name") not in INTERNAL
    ]


def macro(function: Message, rule: Message) -> list[str]:
    """Lay out what users call and the rule behind it as one."""
    known = {one(attribute, "name") for attribute in rule["attribute"]} | {"kwargs"}
    own = [parameter for parameter in function["parameter"] if one(parameter, "name") not in known]
    both = {"attribute": rule["attribute"] + own}
    return [f"## {one(function, 'function_name')}", one(rule, "doc_string"), "\n".join(attributes(both))]


def rank(attribute: Message) -> tuple[bool, str]:
    """Put the name first and the rest in the order of the alphabet."""
    name = one(attribute, "name")
    return name != "name", name


def page(found: dict[str, Message]) -> str:
    """Lay out the whole page."""
    parts = [HEAD.rstrip()]
    for function in found["defs"]["func_info"]:
        [rule] = found[one(function, "function_name")]["rule_info"]
        parts += macro(function, rule)
    for extension in found["extensions"]["module_extension_info"]:
        # The other one makes the toolchains, for this module alone.
        for tag in extension.get("tag_class", []):
            parts += [f"## {one(extension, 'extension_name')}.{one(tag, 'tag_name')}", one(tag, "doc_string")]
            parts.append("\n".join(attributes(tag)))
    parts += ["## Toolchains", one(found["toolchain"], "module_docstring")]
    for rule in found["toolchain"]["rule_info"]:
        parts += [f"### {one(rule, 'rule_name')}", one(rule, "doc_string"), "\n".join(attributes(rule))]
    parts.append("## Providers")
    for provider in found["toolchain"]["provider_info"] + found["providers"]["provider_info"]:
        fields = [item(one(field, "name"), field) for field in provider["field_info"]]
        parts += [f"### {one(provider, 'provider_name')}", one(provider, "doc_string"), "\n".join(fields)]
    return "\n\n".join(parts) + "\n"


def extracted(bazel: Callable[..., subprocess.CompletedProcess]) -> str:
    """Have Bazel read the code, and give the page; `bazel(folder, *arguments)` runs it."""
    bazel(HERE, "build", *(f"//docs:{file}.textproto" for file in FILES))
    folder = Path(bazel(HERE, "info", "bazel-bin").stdout.strip()) / "docs"
    return page({file: parse((folder / f"{file}.textproto").read_text()) for file in FILES})


if __name__ == "__main__":
    import test_analysis

    PAGE.write_text(extracted(test_analysis.bazel))
    test_analysis.bazel(HERE, "shutdown")
