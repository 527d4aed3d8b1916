"""Released binaries: for each program, and each platform of the table, the address and the digest. A release fills it in."""

# Program to platform name to struct(sha256 = "...", urls = [...]). Where the host has no entry, the program is built from source. All are static:
# the musl platform stands for every Linux.
PREBUILT = {
    "monowheel": {},
    "monowheel-fetcher": {},
    "monowheel-launcher": {},
}
