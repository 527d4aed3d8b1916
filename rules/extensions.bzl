"""Module extensions."""

load("//rules/private/extension:tool.bzl", _tool = "tool")
load("//rules/private/extension:wheels.bzl", _wheels = "wheels")

tool = _tool
wheels = _wheels
