//! Locks in, choices out: against what uv and poetry choose (recorded by `tests/locks/oracle.py`), and locks that are broken.

#[cfg(test)]
mod broken;
#[cfg(test)]
mod oracle;
