"""The limits that keep archive bombs out, for wheels that are known to be large. Of no phase: attributes only."""

# 0 is the tool's own limit.
LIMITS = {
    "max_gib": attr.int(doc = "Most GiB that a wheel may inflate to; by default 32."),
    "max_members": attr.int(doc = "Most members that a wheel may have; by default 500,000."),
    "max_ratio": attr.int(doc = "Most bytes that a wheel may inflate to for each byte that it has, where they are more than 64 MiB; by default 200."),
}
