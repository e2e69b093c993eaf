#![forbid(unsafe_code)]

use std::process::ExitCode;

/// See `Cargo.toml`.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    yiwen::cli::main()
}
