"""Released native launchers: for each platform of the table the address and the digest. A release fills it in."""

# Platform name to struct(urls = [...], sha256 = "..."). They are static: the musl platform stands for every Linux.
PREBUILT_LAUNCHERS = {}
