//! Killed at random moments: `yiwen index`, and a rebuild under `serve`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;
use yiwen::engine::{Engine, Question};
use yiwen::eval::seeded::Seeded;
use yiwen::facts::Facts;
use yiwen::index;

use crate::Skip;
use crate::process::{Service, program};
use crate::sandbox::{AT, FOLDER, QUESTION, SIDES, body, leftovers, setting};

/// Kills in all: three of five hit `index`, the rest a service.
fn kills() -> u64 {
    setting("YIWEN_TEST_KILLS", 20)
}

/// Which side an index folder answers from, asked in this process, and the name of its generation.
fn answers_from(index: &Path) -> Result<(usize, String), String> {
    let engine = Engine::new(index::open(index).map_err(|e| e.to_string())?);
    let at = AT.parse().map_err(|_| "no day")?;
    let answer = engine.answer(&Question { text: QUESTION, region: None, at, facts: Facts::default(), explain: false });
    let answer = serde_json::to_value(answer).map_err(|e| e.to_string())?;
    Ok((SIDES.of(&answer)?, engine.snapshot.generation.name.clone()))
}

fn build(corpus: &Path, index: &Path) -> Result<Duration, String> {
    let started = Instant::now();
    let output = program(FOLDER.path(), corpus, index).arg("index").output().map_err(|e| e.to_string())?;
    if output.status.success() {
        Ok(started.elapsed())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

/// `yiwen index` is killed; the generation in use stays until the new one is, and what is left over goes with the next.
pub fn index_killed() -> Result<(), Skip> {
    let folder = FOLDER.path().join("index-killed");
    let whole = build(&SIDES.0[0].corpus, &folder)?;
    let mut seeded = Seeded(9);
    let (mut swapped, mut before) = (0, answers_from(&folder)?);
    let wanted = kills() * 3 / 5;
    let done = AtomicBool::new(false);
    std::thread::scope(|threads| {
        // Someone who asks all the while never meets an index that is not whole.
        let asking = threads.spawn(|| {
            let mut asked = 0;
            while !done.load(Ordering::SeqCst) {
                answers_from(&folder)?;
                asked += 1;
            }
            Ok::<_, String>(asked)
        });
        let killed = (0..wanted).try_for_each(|n| {
            let side = 1 - before.0;
            let mut building = program(FOLDER.path(), &SIDES.0[side].corpus, &folder)
                .arg("index")
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .map_err(|e| e.to_string())?;
            std::thread::sleep(whole.mul_f64(seeded.part() * 1.5));
            building.kill().and_then(|()| building.wait()).map_err(|e| e.to_string())?;
            let after = answers_from(&folder).map_err(|e| format!("kill {n}: {e}"))?;
            if after.0 == before.0 && after.1 != before.1 {
                return Err(format!("kill {n}: {before:?} became {after:?}"));
            }
            swapped += u64::from(after.0 != before.0);
            before = after;
            Ok(())
        });
        done.store(true, Ordering::SeqCst);
        let asked = asking.join().map_err(|_| "the one who asks failed")??;
        println!("index: {wanted} kills, {swapped} after the swap, {asked} answers meanwhile, all whole");
        killed
    })?;
    build(&SIDES.0[0].corpus, &folder)?;
    let generations = fs::read_dir(&folder).map_err(|e| e.to_string())?.flatten().filter(|e| e.path().is_dir()).count();
    match leftovers(&folder).as_slice() {
        [] if generations <= 2 => Ok(()),
        left => Err(Skip::Failed(format!("{generations} generations and {left:?} are left"))),
    }
}

/// A corpus that is one of the sides; which one changes at once.
struct Turning {
    link: PathBuf,
}

impl Turning {
    fn turn(&self, side: usize) -> Result<(), String> {
        let next = self.link.with_extension("next");
        std::os::unix::fs::symlink(&SIDES.0[side].corpus, &next).map_err(|e| e.to_string())?;
        fs::rename(&next, &self.link).map_err(|e| e.to_string())
    }
}

/// A service is killed while it rebuilds; until then its answers change once, from one side to the other.
pub fn service_killed() -> Result<(), Skip> {
    let base = FOLDER.path().join("service-killed");
    fs::create_dir_all(&base).map_err(|e| e.to_string())?;
    let (corpus, index, log) = (Turning { link: base.join("corpus") }, base.join("index"), base.join("log"));
    corpus.turn(0)?;
    let whole = build(&corpus.link, &index)?;
    let (mut seeded, mut side, mut swapped, mut asked) = (Seeded(11), 0, 0, 0);
    let wanted = kills() - kills() * 3 / 5;
    for n in 0..wanted {
        let mut service = Service::start(program(FOLDER.path(), &corpus.link, &index), &log)?;
        if let [left, ..] = leftovers(&index).as_slice() {
            return Err(format!("kill {n}: {left} is left after a start").into());
        }
        // A start on a corpus that has changed since takes it up.
        let first = ask(&service)?;
        if first != side {
            return Err(format!("kill {n}: started on the other side").into());
        }
        corpus.turn(1 - side)?;
        service.signal("-HUP")?;
        let end = Instant::now() + whole.mul_f64(seeded.part() * 4.0);
        let mut seen = side;
        while Instant::now() < end {
            let now = ask(&service).map_err(|e| format!("kill {n}: {e}"))?;
            if now == side && seen != side {
                return Err(format!("kill {n}: the old answers came back").into());
            }
            seen = now;
            asked += 1;
            // The rebuild is to get its turn.
            std::thread::sleep(Duration::from_millis(5));
        }
        service.child.kill().and_then(|()| service.child.wait()).map_err(|e| e.to_string())?;
        swapped += u64::from(seen != side);
        side = 1 - side;
        answers_from(&index).map_err(|e| format!("kill {n}: {e}"))?;
    }
    println!("serve: {wanted} kills, {swapped} after the swap, {asked} answers before them, all whole");
    Ok(())
}

fn ask(service: &Service) -> Result<usize, String> {
    let answer = service.post("/v1/answer", &body())?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(|| format!("no answer: {answer}"))?;
    let json: Value = serde_json::from_str(body).map_err(|e| format!("{e}: {head}"))?;
    SIDES.of(&json)
}
