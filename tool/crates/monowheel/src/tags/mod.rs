//! Compatibility tags (PEP 425, 600, 656) of target platforms, and the one table of platforms.
