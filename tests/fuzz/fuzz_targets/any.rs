//! One reader of `tests/parsers`, by the name in `YIWEN_FUZZ`; without one, the first byte chooses.

#![no_main]

#[path = "../../parsers/drive.rs"]
mod drive;

use std::sync::LazyLock;

use drive::{PARSERS, Parser};
use libfuzzer_sys::fuzz_target;

static CHOSEN: LazyLock<Option<&Parser>> = LazyLock::new(|| {
    let name = std::env::var("YIWEN_FUZZ").ok()?;
    let known: Vec<&str> = PARSERS.iter().map(|parser| parser.name).collect();
    let found = PARSERS.iter().find(|parser| parser.name == name);
    Some(found.unwrap_or_else(|| panic!("no reader {name:?}; there are {known:?}")))
});

fuzz_target!(|bytes: &[u8]| {
    let (parser, input) = match (*CHOSEN, bytes.split_first()) {
        (Some(parser), _) => (parser, bytes),
        (None, Some((first, rest))) => (&PARSERS[usize::from(*first) % PARSERS.len()], rest),
        (None, None) => return,
    };
    if let Err(reason) = (parser.drive)(input) {
        panic!("{}: {reason}", parser.name);
    }
});
