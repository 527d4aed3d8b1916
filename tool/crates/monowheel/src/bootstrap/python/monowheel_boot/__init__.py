"""The bootstrap: from the file to an environment in the cache.

``start`` finds an environment that is there; ``fill`` makes one, out of ``archive``, ``cache``, ``unpack`` and
``environment``. Only modules that are needed are imported, and of the standard library only what costs nothing: a first
start is measured in milliseconds.
"""
