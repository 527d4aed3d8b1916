//! The limits that keep archive bombs out, as options of the commands that inflate wheels.

use clap::Args;

use crate::wheel::Limits;

#[derive(Args, Clone, Copy, Debug)]
pub(super) struct LimitOptions {
    /// Most members that a wheel may have
    #[arg(long, value_name = "COUNT", help_heading = "Limits", default_value_t = Limits::default().members)]
    max_members: u64,
    /// Most bytes that a wheel may inflate to
    #[arg(long, value_name = "BYTES", help_heading = "Limits", default_value_t = Limits::default().size)]
    max_size: u64,
    /// Most bytes that a wheel may inflate to, for each byte that it has (beyond 64 MiB)
    #[arg(long, value_name = "TIMES", help_heading = "Limits", default_value_t = Limits::default().ratio)]
    max_ratio: u64,
}

impl From<LimitOptions> for Limits {
    fn from(options: LimitOptions) -> Self {
        Self { members: options.max_members, size: options.max_size, ratio: options.max_ratio }
    }
}
