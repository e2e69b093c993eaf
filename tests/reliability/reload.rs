//! The corpus changes under a service that is being asked all the while.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::process::{Service, program};
use crate::sandbox::{FOLDER, SIDES, body, change};
use crate::{Skip, common};

const KEY: &str = "reload-admin-key-0123456789";

/// A service on a copy of the first side.
fn service(name: &str, flags: &[&str]) -> Result<(Service, PathBuf, PathBuf), String> {
    let base = FOLDER.path().join(name);
    let (corpus, log) = (base.join("corpus"), base.join("log"));
    common::copy(&SIDES.0[0].corpus, &corpus);
    let mut command = program(FOLDER.path(), &corpus, &base.join("index"));
    command.env("YIWEN_ADMIN_KEY", KEY);
    for flag in flags {
        command.env(flag, "true");
    }
    Ok((Service::start(command, &log)?, corpus, log))
}

/// The side that answers, over a connection of its own.
fn side(service: &Service) -> Result<usize, String> {
    let answer = service.post("/v1/answer", &body())?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or(format!("no answer: {answer:?}"))?;
    if !head.starts_with("HTTP/1.1 200") {
        return Err(head.to_owned());
    }
    SIDES.of(&serde_json::from_str::<Value>(body).map_err(|e| e.to_string())?)
}

fn until(what: &str, holds: impl Fn() -> Result<bool, String>) -> Result<(), String> {
    let started = Instant::now();
    while !holds()? {
        if started.elapsed() > Duration::from_secs(60) {
            return Err(format!("not within a minute: {what}"));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// Saves the other side's files, each at once as an editor does.
fn save(corpus: &Path, side: usize) {
    for name in ["parameters/late_fee.toml", "articles/000000/late-fee-rate.md"] {
        let aside = corpus.with_extension("saving");
        fs::copy(SIDES.0[side].corpus.join(name), &aside).expect("copied");
        fs::rename(&aside, corpus.join(name)).expect("renamed");
    }
}

/// Changes by HUP and by the admin route, good ones and broken ones, while four callers ask.
pub fn under_load() -> Result<(), Skip> {
    let (service, corpus, log) = service("under-load", &[])?;
    let (done, asked) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|threads| {
        let callers: Vec<_> = (0..4)
            .map(|_| {
                threads.spawn(|| {
                    while !done.load(Ordering::SeqCst) {
                        side(&service)?;
                        asked.fetch_add(1, Ordering::SeqCst);
                    }
                    Ok::<_, String>(())
                })
            })
            .collect();
        let changed = changes(&service, &corpus, &log);
        done.store(true, Ordering::SeqCst);
        for caller in callers {
            caller.join().map_err(|_| "a caller failed".to_owned())??;
        }
        changed
    })?;
    println!(
        "reload: 4 by SIGHUP, 4 by the admin route, 2 of a broken corpus; {} requests, none failed",
        asked.into_inner()
    );
    Ok(())
}

fn changes(service: &Service, corpus: &Path, log: &Path) -> Result<(), String> {
    let rebuild = |service: &Service| {
        let head = format!("POST /v1/index/rebuild HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\n");
        service.send(&format!("{head}Content-Length: 0\r\nConnection: close\r\n\r\n"))
    };
    for turn in 0..8 {
        let next = 1 - turn % 2;
        save(corpus, next);
        if turn % 4 < 2 {
            service.signal("-HUP")?;
            // One more while that one runs is not lost.
            service.signal("-HUP")?;
        } else {
            until("a rebuild by the admin route", || Ok(rebuild(service)?.starts_with("HTTP/1.1 202")))?;
        }
        until("the other side answers", || Ok(side(service)? == next))?;
        until("the rebuild is over", || Ok(service.get("/v1/index")?.contains("\"state\":\"idle\"")))?;
        if turn % 4 == 3 {
            let broken = corpus.join("parameters/late_fee.toml");
            change(&broken, "unit = \"ratio_per_day\"", "unit = \"furlong\"");
            service.signal("-HUP")?;
            until("the failure is told", || {
                let ready = service.get("/readyz")?;
                Ok(ready.starts_with("HTTP/1.1 200") && ready.contains("parameters/late_fee.toml:6:"))
            })?;
            if side(service)? != next {
                return Err("a broken corpus changed the answers".to_owned());
            }
            let log = fs::read_to_string(log).map_err(|e| e.to_string())?;
            let named =
                log.lines().any(|line| line.contains("\"ERROR\"") && line.contains("parameters/late_fee.toml:6:"));
            if !named {
                return Err(format!("the log does not name the place:\n{log}"));
            }
        }
    }
    let figures = service.get("/metrics")?;
    let counted = figures.contains("index_rebuilds_total{result=\"failed\"} 2");
    counted.then_some(()).ok_or(figures)
}

/// What was saved goes live by itself; a broken file does not, and its mending does.
pub fn watch() -> Result<(), Skip> {
    let (service, corpus, _) = service("watch", &["YIWEN_WATCH"])?;
    save(&corpus, 1);
    until("the other side answers", || Ok(side(&service)? == 1))?;
    fs::write(corpus.join("vocabulary/synonyms.tsv"), "没有制表符\n")?;
    until("the failure is told", || Ok(service.get("/readyz")?.contains("vocabulary/synonyms.tsv:1:")))?;
    fs::copy(SIDES.0[0].corpus.join("vocabulary/synonyms.tsv"), corpus.join("vocabulary/synonyms.tsv"))?;
    until("the mending is seen", || Ok(service.get("/readyz")?.contains("\"rebuild\":\"idle\"")))?;
    save(&corpus, 0);
    until("the first side answers again", || Ok(side(&service)? == 0))?;
    Ok(())
}
