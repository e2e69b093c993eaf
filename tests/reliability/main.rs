//! What must not be lost, and to whom nothing must be given: the program killed, starved, flooded and cut off.
//!
//! Each test prints what it did and how often; `cargo test --test reliability -- --nocapture` shows it. Environment:
//! `YIWEN_TEST_KILLS` (20) is how often processes are killed; `YIWEN_TEST_SOAK` (20) and `YIWEN_TEST_OVERLOAD` (15) are the
//! seconds of the two measurements, which are left out unless asked for by `--ignored`, because they need the machine to
//! themselves; `YIWEN_TEST_PROGRAM` is another build of the program to test, a release build for the measurements.

#[path = "../common/mod.rs"]
mod common;
mod crash;
mod damage;
mod disk;
mod edge;
mod load;
mod measured;
mod offline;
#[path = "../common/process.rs"]
mod process;
mod reload;
mod sandbox;

use libtest_mimic::{Arguments, Failed, Trial};

/// Why a test did not hold.
pub enum Skip {
    /// It cannot be tried on this machine; the reason is shouted.
    Impossible(String),
    Failed(String),
}

impl From<String> for Skip {
    fn from(reason: String) -> Skip {
        Skip::Failed(reason)
    }
}

impl From<std::io::Error> for Skip {
    fn from(error: std::io::Error) -> Skip {
        Skip::Failed(error.to_string())
    }
}

fn main() {
    let mut trials = vec![];
    let mut test = |name: &'static str, run: fn() -> Result<(), Skip>| {
        let trial = Trial::test(name, move || match run() {
            Ok(()) => Ok(()),
            Err(Skip::Impossible(reason)) => {
                eprintln!("\nSKIPPED, {name}: {reason}\n");
                Ok(())
            }
            Err(Skip::Failed(reason)) => Err(Failed::from(reason)),
        });
        trials.push(trial);
    };
    test("index killed at random moments loses nothing", crash::index_killed);
    test("serve killed during a rebuild loses nothing", crash::service_killed);
    test("a full disk is said and the index in use stays", disk::full);
    test("a read-only disk is said and the index in use stays", disk::read_only);
    test("files that come and go during a build", disk::vanishing);
    test("two builds at once", disk::two_at_once);
    test("a damaged index is refused and built anew", damage::found);
    test("no request fails while the corpus changes", reload::under_load);
    test("serve --watch takes up what was saved", reload::watch);
    test("slow heads keep nobody out and are closed", edge::slow_heads);
    test("slow bodies keep nobody out and are told", edge::slow_bodies);
    test("a reader that never reads is closed", edge::no_reader);
    test("one address cannot take every connection", edge::flood);
    test("what is too long is refused in time", edge::too_long);
    test("a service that ends lets requests in flight end", edge::draining);
    test("a service that ends waits for nobody for ever", edge::cut_off);
    test("a service works without a network and asks for none", offline::no_route);
    let mut measured = |name: &'static str, run: fn() -> Result<(), Skip>| {
        trials.push(
            Trial::test(name, move || match run() {
                Err(Skip::Failed(reason) | Skip::Impossible(reason)) => Err(Failed::from(reason)),
                Ok(()) => Ok(()),
            })
            .with_ignored_flag(true),
        );
    };
    measured("soak", measured::soak);
    measured("overload", measured::overload);
    libtest_mimic::run(&Arguments::from_args(), trials).exit()
}
