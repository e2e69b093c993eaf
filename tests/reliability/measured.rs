//! Figures: how the service bears half of what it can for long, and twice of it for a while.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::load::{self, Outcome, part};
use crate::process::{Service, program};
use crate::sandbox::{FOLDER, change, setting};
use crate::{Skip, common};

/// A reload every so often while soaking.
const RELOAD: Duration = Duration::from_secs(10);
/// Callers at a time, far from their limit.
const CALLERS: usize = 64;

/// A service on a copy of the shipped corpus.
fn service(name: &str) -> Result<(Service, PathBuf), String> {
    let base = FOLDER.path().join(name);
    let corpus = base.join("corpus");
    common::copy(&common::corpus(), &corpus);
    let command = program(FOLDER.path(), &corpus, &base.join("index"));
    Ok((Service::start(command, &base.join("log"))?, corpus))
}

/// Requests a second that it can serve, callers waiting for their answers.
fn capacity(service: &Service, requests: &[Vec<u8>]) -> f64 {
    load::run(&service.address, requests, None, 8, Duration::from_secs(2));
    load::run(&service.address, requests, None, 8, Duration::from_secs(5)).rate()
}

/// Resident memory in KiB.
fn memory(service: &Service) -> Result<f64, String> {
    let path = format!("/proc/{}/status", service.child.id());
    let status = fs::read_to_string(&path).map_err(|e| format!("{path}: {e}"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().split(' ').next()?.parse().ok()).ok_or_else(|| format!("{path}: no VmRSS"))
}

/// KiB a minute by least squares; the samples are seconds and KiB.
fn slope(samples: &[(f64, f64)]) -> f64 {
    let n = samples.len() as f64;
    let mean = |pick: fn(&(f64, f64)) -> f64| samples.iter().map(pick).sum::<f64>() / n;
    let (x, y) = (mean(|s| s.0), mean(|s| s.1));
    let both: f64 = samples.iter().map(|s| (s.0 - x) * (s.1 - y)).sum();
    let own: f64 = samples.iter().map(|s| (s.0 - x).powi(2)).sum();
    if own > 0.0 { both / own * 60.0 } else { 0.0 }
}

fn shown(what: &str, outcome: &Outcome) -> String {
    format!(
        "{what}: {} sent in {:.0} s ({:.0}/s), {} served (median {:.2} ms, 99 % {:.2} ms), {} refused (median {:.2} ms, \
         99 % {:.2} ms), {} failed",
        outcome.sent(),
        outcome.seconds,
        outcome.sent() as f64 / outcome.seconds,
        outcome.served.len(),
        part(&outcome.served, 0.5),
        part(&outcome.served, 0.99),
        outcome.refused.len(),
        part(&outcome.refused, 0.5),
        part(&outcome.refused, 0.99),
        outcome.failed.len(),
    )
}

/// Half of the capacity with a reload every ten seconds: no request fails or is refused, and memory stays.
pub fn soak() -> Result<(), Skip> {
    let time = Duration::from_secs(setting("YIWEN_TEST_SOAK", 20));
    let (service, corpus) = service("soak")?;
    let requests = load::requests();
    let whole = capacity(&service, &requests);
    let done = AtomicBool::new(false);
    let (outcome, samples, reloads) = std::thread::scope(|threads| {
        let watching = threads.spawn(|| reloading(&service, &corpus, &done));
        let outcome = load::run(&service.address, &requests, Some(whole / 2.0), CALLERS, time);
        done.store(true, Ordering::SeqCst);
        let (samples, reloads) = watching.join().map_err(|_| "the one who reloads failed".to_owned())??;
        Ok::<_, String>((outcome, samples, reloads))
    })?;
    println!("capacity {whole:.0}/s");
    println!("{}", shown("soak", &outcome));
    let settled = &samples[samples.len() / 3..];
    let (first, last) = (settled.first().map_or(0.0, |s| s.1), settled.last().map_or(0.0, |s| s.1));
    let growth = slope(settled);
    println!(
        "{reloads} reloads; memory {:.0} MiB at a third, {:.0} MiB at the end, slope {growth:+.0} KiB a minute over the last two \
         thirds ({} samples)",
        first / 1024.0,
        last / 1024.0,
        settled.len()
    );
    let figures = service.get("/metrics")?;
    if !figures.contains("index_rebuilds_total{result=\"failed\"} 0") || reloads == 0 {
        return Err(format!("{reloads} reloads\n{figures}").into());
    }
    if !outcome.failed.is_empty() || !outcome.refused.is_empty() {
        return Err(format!("{:?}", outcome.failed.iter().take(5).collect::<Vec<_>>()).into());
    }
    // What a run of this length would add is little against what is there; a short one has not settled.
    let long = time >= Duration::from_secs(300);
    let added = growth * time.as_secs_f64() / 60.0;
    if long && added > first * 0.1 { Err(format!("memory grows by {added:.0} KiB in {time:?}").into()) } else { Ok(()) }
}

/// Changes the corpus every ten seconds and looks at the memory every second.
fn reloading(service: &Service, corpus: &Path, done: &AtomicBool) -> Result<(Vec<(f64, f64)>, u32), String> {
    let (started, file) = (Instant::now(), corpus.join("parameters/late_fee.toml"));
    let (mut samples, mut reloads) = (vec![], 0);
    while !done.load(Ordering::SeqCst) {
        std::thread::sleep(Duration::from_secs(1));
        samples.push((started.elapsed().as_secs_f64(), memory(service)?));
        if started.elapsed() > RELOAD * (reloads + 1) {
            let (from, to) = if reloads % 2 == 0 { ("0.0005", "0.0006") } else { ("0.0006", "0.0005") };
            change(&file, &format!("value = \"{from}\""), &format!("value = \"{to}\""));
            service.signal("-HUP")?;
            reloads += 1;
        }
    }
    Ok((samples, reloads))
}

/// Twice the capacity: who is served is served nearly as fast as ever, the rest are told at once, memory stays.
pub fn overload() -> Result<(), Skip> {
    let time = Duration::from_secs(setting("YIWEN_TEST_OVERLOAD", 15));
    let (service, _) = service("overload")?;
    let requests = load::requests();
    let whole = capacity(&service, &requests);
    let half = load::run(&service.address, &requests, Some(whole / 2.0), CALLERS, time);
    let before = memory(&service)?;
    let twice = load::run(&service.address, &requests, Some(whole * 2.0), 256, time);
    let after = memory(&service)?;
    println!("capacity {whole:.0}/s");
    println!("{}", shown("half of it", &half));
    println!("{}", shown("twice of it", &twice));
    let (usual, loaded) = (part(&half.served, 0.5), part(&twice.served, 0.5));
    let (before, after) = (before / 1024.0, after / 1024.0);
    println!("median {:.1} times as long; memory {before:.0} MiB before, {after:.0} MiB after", loaded / usual);
    let held = [
        ("a request failed at half", half.failed.is_empty() && half.refused.is_empty()),
        ("a request failed at twice", twice.failed.is_empty()),
        ("nobody was refused: the load was none", !twice.refused.is_empty()),
        ("the median is above three times", loaded <= usual * 3.0),
        ("a refusal took long", part(&twice.refused, 0.5) <= usual.max(1.0) * 3.0),
        ("memory grew by more than 64 MiB", after - before < 64.0),
    ];
    match held.iter().find(|(_, held)| !held) {
        Some((what, _)) => Err(format!("{what}: {:?}", twice.failed.first()).into()),
        None => Ok(()),
    }
}
