"""Released fetchers: for each platform of the table the address and the digest. A release fills it in."""

# Platform name to struct(urls = [...], sha256 = "..."). Where the host has no entry, the fetcher is built from source.
PREBUILT_FETCHERS = {}
