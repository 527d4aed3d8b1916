"""The toolchain that gives the tool `monowheel` to our actions; its type is `@monowheel//rules:toolchain_type`."""

load("//rules/private:toolchain.bzl", _monowheel_toolchain = "monowheel_toolchain")
load("//rules/private:toolchain_info.bzl", _MonowheelToolchainInfo = "MonowheelToolchainInfo")

MonowheelToolchainInfo = _MonowheelToolchainInfo
monowheel_toolchain = _monowheel_toolchain
