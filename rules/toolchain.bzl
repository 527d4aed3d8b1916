"""The toolchains of this module, for those who bring binaries of their own.

`@monowheel//rules:toolchain_type` gives the tool `monowheel` to our actions, by the platform that they run on; `@monowheel//rules:launcher_toolchain_type` gives the
native launcher to applications, by the platform that they are built for; `@monowheel//rules:fetcher_toolchain_type` gives the fetcher to actions that fetch wheels.
"""

load("//rules/private:fetcher_toolchain.bzl", _monowheel_fetcher = "monowheel_fetcher")
load("//rules/private:launcher_toolchain.bzl", _monowheel_launcher = "monowheel_launcher")
load("//rules/private:toolchain.bzl", _monowheel_toolchain = "monowheel_toolchain")
load("//rules/private:toolchain_info.bzl", _MonowheelToolchainInfo = "MonowheelToolchainInfo")

MonowheelToolchainInfo = _MonowheelToolchainInfo
monowheel_fetcher = _monowheel_fetcher
monowheel_launcher = _monowheel_launcher
monowheel_toolchain = _monowheel_toolchain
