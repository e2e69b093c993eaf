//! The page in a real browser, by data: `tests/page/*.jsonl`, one visit a row.
//!
//! `{"name","width"?,"height"?,"dark"?,"script"?:false,"steps":[{step: argument}…],"picture"?}`; the steps are those of
//! [`steps`]. Every visit is held to more than it says: nothing is asked of another origin, nothing is refused by the
//! Content-Security-Policy, and no script fails.
//!
//! `YIWEN_BIN` and `YIWEN_INDEX` name the service's binary and its index; `YIWEN_AXE` axe-core's script, without which its
//! steps are passed over; `YIWEN_PICTURES` a folder to put pictures into. `tests/page/run` sets them.

mod browser;
mod site;
mod steps;

use std::path::Path;
use std::process::ExitCode;
use std::sync::LazyLock;

use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::Value;

use browser::Driver;
use site::Site;

static SITE: LazyLock<Result<Site, String>> = LazyLock::new(Site::start);
static DRIVER: LazyLock<Result<Driver, String>> = LazyLock::new(Driver::start);

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // A browser takes a processor, and what is measured should be the page.
    arguments.test_threads = arguments.test_threads.or(Some(1));
    if std::env::var_os("YIWEN_AXE").is_none() {
        eprintln!("page: the steps “axe” are passed over, YIWEN_AXE does not name axe-core's axe.min.js");
    }
    let conclusion = libtest_mimic::run(&arguments, trials());
    if let Ok(driver) = &*DRIVER {
        driver.stop();
    }
    if let Ok(site) = &*SITE {
        site.stop();
    }
    conclusion.exit_code()
}

/// One test for each row of the files beside this package.
fn trials() -> Vec<Trial> {
    let mut trials = vec![];
    for file in ["visits.jsonl", "states.jsonl"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let lines = text.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with("//"));
        for (i, line) in lines {
            let row: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{file}:{}: {e}", i + 1));
            let name = format!("{file}:{} {}", i + 1, row["name"].as_str().unwrap_or_default());
            trials.push(Trial::test(name, move || visit(&row).map_err(Failed::from)));
        }
    }
    trials
}

fn visit(row: &Value) -> Result<(), String> {
    let (site, driver) = (SITE.as_ref()?, DRIVER.as_ref()?);
    driver.visit(async |page| steps::run(row, site, page).await)
}
