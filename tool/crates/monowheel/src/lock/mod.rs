//! Reading lock files into one model, and choosing from it what a target needs.
