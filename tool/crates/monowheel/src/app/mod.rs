//! From an input manifest to one executable file.
//!
//! [`Input`] is what the build system says, [`Plan`] what it means after every check, [`assemble`] writes it. All checks come before the
//! first output byte. [`stamp()`] puts what the build says of itself into a file that is finished.

mod assemble;
mod bytecode;
mod conflicts;
mod entry;
mod error;
mod exclude;
mod first_party;
mod folding;
mod glob;
mod input;
mod interpreter;
mod licences;
mod manifest;
mod plan;
#[cfg(feature = "fetch")]
pub mod project;
mod stamp;
mod stdlib;
mod versions;

pub use assemble::{assemble, dependencies_key, is_executable};
pub use bytecode::module_of;
pub use error::AppError;
pub use first_party::digest;
pub use input::{Application, Exclude, Input, InterpreterInput, Settlement};
pub use interpreter::{Interpreter, InterpreterError, link_target};
pub use licences::LicencePolicy;
pub use manifest::{Code, Entry, Excluded, Manifest, PackedBytecode, PackedWheel, Python, VERSION as MANIFEST_VERSION};
pub use plan::Plan;
pub use stamp::{STAMP, STAMP_LIMIT, Stamp, StampError, stamp};
