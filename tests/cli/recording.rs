//! Gaps and feedback of the running program: what was acknowledged outlives a kill.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::serving::{Service, folder};
use crate::{FOLDER, program};

fn start(corpus: &Path, index: &Path, log: &Path) -> Result<Service, String> {
    Service::start(corpus, index, log)
}

/// Posts of one run, and how many are acknowledged before the kill.
const POSTS: usize = 1_000;
const KILL_AFTER: usize = 400;
const SENDERS: usize = 4;

/// One request on a connection that stays open; the body of the answer, or nothing where the service is gone.
fn post(stream: &mut BufReader<TcpStream>, path: &str, body: &Value) -> Option<Value> {
    let body = body.to_string();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.get_mut().write_all(format!("{head}{body}").as_bytes()).ok()?;
    let (mut length, mut line) = (0, String::new());
    let mut status = String::new();
    loop {
        line.clear();
        if stream.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if status.is_empty() {
            status = line.trim().to_owned();
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).ok()?;
    status.contains(" 200 ").then(|| serde_json::from_slice(&bytes).ok())?
}

fn connect(address: &str) -> Option<BufReader<TcpStream>> {
    let stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(30))).ok()?;
    Some(BufReader::new(stream))
}

fn feedback(n: usize) -> Value {
    json!({"answer": format!("{n:032x}"), "useful": false, "question": format!("第{n}个问题"), "word": format!("第{n}句")})
}

pub fn kill() -> Result<(), String> {
    let (corpus, index, log) = folder("kill");
    let service = start(&corpus, &index, &log)?;
    let (next, done, gone) = (AtomicUsize::new(0), Mutex::new(vec![]), AtomicBool::new(false));
    std::thread::scope(|scope| {
        for _ in 0..SENDERS {
            scope.spawn(|| {
                let Some(mut stream) = connect(&service.address) else { return };
                loop {
                    let n = next.fetch_add(1, Ordering::SeqCst);
                    if n >= POSTS || post(&mut stream, "/v1/feedback", &feedback(n)).is_none() {
                        return;
                    }
                    if let Ok(mut done) = done.lock() {
                        done.push(n);
                    }
                }
            });
        }
        let started = Instant::now();
        while done.lock().map_or(0, |done| done.len()) < KILL_AFTER && started.elapsed() < Duration::from_secs(60) {
            std::thread::sleep(Duration::from_millis(1));
        }
        gone.store(service.signal("-KILL").is_ok(), Ordering::SeqCst);
    });
    let acknowledged = done.into_inner().map_err(|e| e.to_string())?;
    if !gone.into_inner() || acknowledged.len() < KILL_AFTER || acknowledged.len() >= POSTS {
        return Err(format!("{} acknowledged: the kill did not come in the middle", acknowledged.len()));
    }
    drop(service);
    let service = start(&corpus, &index, &log)?;
    let mut stream = connect(&service.address).ok_or("the service did not come back")?;
    for n in &acknowledged {
        let told = post(&mut stream, "/v1/feedback", &feedback(*n)).ok_or("no answer after the kill")?;
        if told["repeated"] != true {
            return Err(format!("post {n} was acknowledged and is lost"));
        }
    }
    // The rest is sent again by whoever got no answer, and counts once.
    for n in 0..POSTS {
        post(&mut stream, "/v1/feedback", &feedback(n)).ok_or("no answer after the kill")?;
    }
    service.signal("-TERM")?;
    drop(stream);
    let mut service = service;
    service.exit()?;
    let shown = gaps(&corpus, &index, &["--limit", "2000", "--json"])?;
    let groups: Vec<Value> = serde_json::from_str(&shown).map_err(|e| e.to_string())?;
    let count: i64 = groups.iter().filter_map(|g| g["not_useful"].as_i64()).sum();
    if count == POSTS as i64 { Ok(()) } else { Err(format!("{count} posts of {POSTS} are on file")) }
}

fn gaps(corpus: &Path, index: &Path, arguments: &[&str]) -> Result<String, String> {
    let mut command = program(FOLDER.path(), corpus, index);
    let output = command.arg("gaps").args(arguments).output().map_err(|e| e.to_string())?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// From a question nobody could answer to an article: ask, export, fill in, import.
pub fn gap_to_article() -> Result<(), String> {
    let (corpus, index, log) = folder("gap");
    let mut service = start(&corpus, &index, &log)?;
    let mut stream = connect(&service.address).ok_or("no connection")?;
    for question in ["明天去火星的船票多少钱", "明天去火星的船票多少钱呢"] {
        post(&mut stream, "/v1/answer", &json!({"question": question, "at": "2026-11-23"})).ok_or("no answer")?;
    }
    drop(stream);
    // What waits is written before the process ends.
    service.signal("-TERM")?;
    service.exit()?;
    let listed = gaps(&corpus, &index, &[])?;
    if !listed.contains("2 次 明天去火星的船票多少钱") || !listed.contains("没有答案 2") {
        return Err(listed);
    }
    for (format, file) in [("csv", "rows.csv"), ("jsonl", "rows.jsonl")] {
        let rows = gaps(&corpus, &index, &["export", "--format", format])?;
        let (empty, filled) = (",,,", ",没有这样的船。,,card");
        let rows = rows.replacen(empty, filled, 1).replacen("\"answer\":\"\"", "\"answer\":\"没有这样的船。\"", 1);
        let base = corpus.parent().ok_or("no folder")?;
        let (path, into) = (base.join(file), base.join(format));
        fs::write(&path, rows).map_err(|e| e.to_string())?;
        let mut command = program(FOLDER.path(), &corpus, &index);
        let output = command.arg("import").arg(&path).arg("--into").arg(&into).output().map_err(|e| e.to_string())?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        if !output.status.success() || !said.contains("写入 1 篇") {
            return Err(format!("{format}: {said}"));
        }
        let article = fs::read_dir(into.join("000000")).ok().and_then(|mut d| d.next()).ok_or("no article")?;
        let text = fs::read_to_string(article.map_err(|e| e.to_string())?.path()).map_err(|e| e.to_string())?;
        if !text.contains("没有这样的船。") || !text.contains("\"明天去火星的船票多少钱呢\"") {
            return Err(format!("{format}: {text}"));
        }
    }
    let copy = corpus.with_file_name("copy.sqlite");
    gaps(&corpus, &index, &["backup", &copy.to_string_lossy()])?;
    if copy.is_file() { Ok(()) } else { Err("no copy".to_owned()) }
}
