//! From an input manifest to one executable file.
