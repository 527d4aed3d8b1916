//! What travels inside every file: the portable head and the Python bootstrap.
