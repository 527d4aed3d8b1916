//! Hashes of a member as it streams by.

use sha2::{Digest, Sha256, Sha384, Sha512};

use super::record::Algorithm;

/// A stronger hash than SHA-256, where RECORD has one.
enum Stronger {
    None,
    Sha384(Sha384),
    Sha512(Sha512),
}

/// Hashes one member: by SHA-256 always, since the facts have that, and by what RECORD has.
pub(super) struct Summer {
    sha256: Sha256,
    stronger: Stronger,
}

impl Summer {
    pub(super) fn new(algorithm: Option<Algorithm>) -> Self {
        let stronger = match algorithm {
            None | Some(Algorithm::Sha256) => Stronger::None,
            Some(Algorithm::Sha384) => Stronger::Sha384(Sha384::new()),
            Some(Algorithm::Sha512) => Stronger::Sha512(Sha512::new()),
        };
        Self { sha256: Sha256::new(), stronger }
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.sha256.update(bytes);
        match &mut self.stronger {
            Stronger::None => {}
            Stronger::Sha384(hasher) => hasher.update(bytes),
            Stronger::Sha512(hasher) => hasher.update(bytes),
        }
    }

    pub(super) fn finish(self) -> Sums {
        let sha256 = self.sha256.finalize().to_vec();
        let recorded = match self.stronger {
            Stronger::None => sha256.clone(),
            Stronger::Sha384(hasher) => hasher.finalize().to_vec(),
            Stronger::Sha512(hasher) => hasher.finalize().to_vec(),
        };
        Sums { sha256, recorded }
    }
}

/// The hashes of one member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sums {
    pub(super) sha256: Vec<u8>,
    /// By the algorithm that RECORD uses for it.
    pub(super) recorded: Vec<u8>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_is_summed_by_what_record_has() {
        for (algorithm, size) in [(None, 32), (Some(Algorithm::Sha384), 48), (Some(Algorithm::Sha512), 64)] {
            let mut summer = Summer::new(algorithm);
            summer.update(b"abc");
            let sums = summer.finish();
            assert_eq!((sums.sha256[0], sums.recorded.len()), (0xba, size));
        }
    }
}
