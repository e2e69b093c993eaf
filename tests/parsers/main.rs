//! Readers of what others write, given what they do not expect: mutated real inputs, and any text at all.
//!
//! `YIWEN_TEST_INPUTS` is how many mutated inputs are tried over all readers (default 3,400); a million took some minutes.
//! Each input depends on its number alone: a failure names the number, and the input stands with it.

mod drive;
mod mutate;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use drive::{PARSERS, Parser};
use mutate::{Figures, mutated};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// No input keeps a reader longer.
const LONGEST: Duration = Duration::from_millis(50);
/// An input that took longer is tried again so often: the machine may have been busy with something else.
const AGAIN: usize = 5;

/// Gives an input to a reader; the time it took, or what did not hold.
fn tried(parser: &Parser, input: &[u8]) -> Result<Duration, String> {
    let mut least = Duration::MAX;
    for _ in 0..AGAIN {
        let started = Instant::now();
        match catch_unwind(AssertUnwindSafe(|| (parser.drive)(input))) {
            Ok(Ok(())) => least = least.min(started.elapsed()),
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
    let wanted = std::env::var("YIWEN_TEST_INPUTS").ok().and_then(|text| text.parse().ok()).unwrap_or(3_400u64);
    let seeds: Vec<Vec<Vec<u8>>> = PARSERS.iter().map(|parser| (parser.seeds)()).collect();
    for (parser, seeds) in PARSERS.iter().zip(&seeds) {
        assert!(!seeds.is_empty(), "{} has no seeds", parser.name);
        for seed in seeds {
            // What is usual has to be right before what is not.
            tried(parser, &seed[..seed.len().min(mutate::LONGEST)])
                .unwrap_or_else(|e| panic!("{}", told(parser, "seed", seed, &e)));
        }
    }
    let (next, failures) = (AtomicU64::new(0), Mutex::new(vec![]));
    let slowest: Vec<AtomicU64> = PARSERS.iter().map(|_| AtomicU64::new(0)).collect();
    std::thread::scope(|threads| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            threads.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= wanted || failures.lock().expect("failures").len() >= 20 {
                        return;
                    }
                    let which = number as usize % PARSERS.len();
                    let input = mutated(&seeds[which], &mut Figures(number));
                    match tried(&PARSERS[which], &input) {
                        Ok(took) => drop(slowest[which].fetch_max(took.as_micros() as u64, Ordering::Relaxed)),
                        Err(reason) => {
                            let told = told(&PARSERS[which], &format!("input {number}"), &input, &reason);
                            failures.lock().expect("failures").push(told);
                        }
                    }
                }
            });
        }
    });
    for (parser, slowest) in PARSERS.iter().zip(&slowest) {
        println!("{}: slowest {:.1} ms", parser.name, slowest.load(Ordering::Relaxed) as f64 / 1e3);
    }
    let failures = failures.into_inner().expect("failures");
    assert!(failures.is_empty(), "{} of {wanted} inputs:\n{}", failures.len(), failures.join("\n"));
    println!("{wanted} mutated inputs over {} readers: no panic, none over {LONGEST:?}", PARSERS.len());
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
