"""Providers, for rules that read what ours make."""

load("//rules/private:monowheel_info.bzl", _MonowheelInfo = "MonowheelInfo")

MonowheelInfo = _MonowheelInfo
