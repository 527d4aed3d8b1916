//! Environment markers (PEP 508) evaluated for a target that is not the machine at hand.
