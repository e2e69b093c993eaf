//! Readers of what others write, given what they do not expect: mutated real inputs, and any text at all.
//!
//! `YIWEN_TEST_INPUTS` is how many mutated inputs are tried over all readers (default 3,400), `YIWEN_TEST_FROM` the number of
//! the first (0). Each input depends on its number alone: a failure names the number, and the input stands with it.

mod drive;
mod mutate;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use drive::{PARSERS, Parser};
use mutate::mutated;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use rustix::time::{ClockId, clock_gettime};
use yiwen::eval::seeded::Seeded;

/// No input keeps a processor longer with a reader, whichever of our threads it works on.
const LONGEST: Duration = Duration::from_millis(50);
/// An input that took longer is tried again so often: the other test of this file may have worked meanwhile.
const AGAIN: usize = 5;

/// The processor time that this process has used.
fn worked() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32)
}

/// Gives an input to a reader; the processor time it took, or what did not hold.
fn tried(parser: &Parser, input: &[u8]) -> Result<Duration, String> {
    let mut least = Duration::MAX;
    for _ in 0..AGAIN {
        let before = worked();
        match catch_unwind(AssertUnwindSafe(|| (parser.drive)(input))) {
            Ok(Ok(())) => least = least.min(worked().saturating_sub(before)),
            Ok(Err(reason)) => return Err(reason),
            Err(_) => return Err("panicked".to_owned()),
        }
        if least < LONGEST {
            return Ok(least);
        }
    }
    Err(format!("took {least:?}"))
}

fn told(parser: &Parser, what: &str, input: &[u8], reason: &str) -> String {
    format!("{} {what}: {reason}\n{:?}", parser.name, String::from_utf8_lossy(input))
}

#[test]
fn mutated_inputs() {
    let setting = |name: &str, default| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default);
    let (from, wanted) = (setting("YIWEN_TEST_FROM", 0u64), setting("YIWEN_TEST_INPUTS", 3_400));
    let seeds: Vec<Vec<Vec<u8>>> = PARSERS.iter().map(|parser| (parser.seeds)()).collect();
    for (parser, seeds) in PARSERS.iter().zip(&seeds) {
        assert!(!seeds.is_empty(), "{} has no seeds", parser.name);
        for seed in seeds {
            // What is usual has to be right before what is not.
            tried(parser, &seed[..seed.len().min(mutate::LONGEST)])
                .unwrap_or_else(|e| panic!("{}", told(parser, "seed", seed, &e)));
        }
    }
    let (mut failures, mut slowest) = (vec![], vec![Duration::ZERO; PARSERS.len()]);
    for number in from..from + wanted {
        let which = number as usize % PARSERS.len();
        let input = mutated(&seeds[which], &mut Seeded(number));
        match tried(&PARSERS[which], &input) {
            Ok(took) => slowest[which] = slowest[which].max(took),
            Err(reason) => failures.push(told(&PARSERS[which], &format!("input {number}"), &input, &reason)),
        }
        if failures.len() == 20 {
            break;
        }
    }
    for (parser, slowest) in PARSERS.iter().zip(&slowest) {
        println!("{}: slowest {:.1} ms", parser.name, slowest.as_secs_f64() * 1e3);
    }
    assert!(failures.is_empty(), "of {wanted} inputs from {from} on:\n{}", failures.join("\n"));
    println!("{wanted} mutated inputs from {from} on over {} readers: no panic, none over {LONGEST:?}", PARSERS.len());
}

/// Any text, and any text made of what readers look for.
fn anything() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..300),
        any::<String>().prop_map(String::into_bytes),
        "[0-9０-９一二三四五六七八九十百千万亿零两半.,%元月年日岁个至到-]{0,60}".prop_map(String::into_bytes),
        "(\\{|\\}|\\[|\\]|\"|:|,|query|messages|role|user|content|[0-9]|断缴){0,60}".prop_map(String::into_bytes),
        "(<xml>|</xml>|<Content>|</Content>|<!\\[CDATA\\[|\\]\\]>|&amp;|&|;|断缴){0,40}".prop_map(String::into_bytes),
        "(\\+\\+\\+\n|id = |title = |\"|\n|\\[source\\]|#|断缴| ){0,60}".prop_map(String::into_bytes),
    ]
}

#[test]
fn any_input() {
    let config = Config { cases: 24, failure_persistence: None, ..Config::default() };
    for parser in PARSERS {
        let mut runner = TestRunner::new(config.clone());
        let checked = runner.run(&anything(), |input| {
            tried(parser, &input).map(drop).map_err(|reason| TestCaseError::fail(told(parser, "any", &input, &reason)))
        });
        checked.unwrap_or_else(|error| panic!("{error}"));
    }
}
