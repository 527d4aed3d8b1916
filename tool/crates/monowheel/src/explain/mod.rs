//! What a file says of itself: [`inspect`], [`verify`], [`extract`], [`diff`] and [`sbom`].
//!
//! All of it reads the file alone. Nothing here is needed to build or to run one, and nothing here runs code from it.

mod application;
pub mod diff;
mod error;
pub mod extract;
mod graph;
mod inspect;
mod package;
mod page;
mod rules;
pub mod sbom;
mod text;
mod verify;

pub use application::{Application, printable};
pub use error::ExplainError;
pub use graph::{Edges, edges, roots};
pub use inspect::Report;
pub use package::Package;
pub use page::page;
pub use text::text;
pub use verify::{Check, Outcome, verify};
