//! `yiwen serve` as a process: a real socket, real signals.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::process::{Service, program};
use crate::{FOLDER, common, shipped_index};

pub fn start(corpus: &Path, index: &Path, log: &Path) -> Result<Service, String> {
    Service::start(program(FOLDER.path(), corpus, index), log)
}

pub fn folder(name: &str) -> (PathBuf, PathBuf, PathBuf) {
    let base = FOLDER.path().join(name);
    let (corpus, index) = (base.join("corpus"), base.join("index"));
    common::copy(&common::corpus(), &corpus);
    common::copy(shipped_index(), &index);
    (corpus, index, base.join("log"))
}

/// A question's text is in no log line.
const QUESTION: &str = "/v1/search?q=%E5%BC%A0%E4%B8%89%E6%96%AD%E7%BC%B4";

/// Where an operator asks for questions in the log, what is personal in them is not.
pub fn masked() -> Result<(), String> {
    let (corpus, index, log) = folder("masked");
    let mut command = program(FOLDER.path(), &corpus, &index);
    command.env("YIWEN_LOG_QUESTIONS", "true");
    let mut service = Service::start(command, &log)?;
    service.post("/v1/answer", r#"{"question":"我叫张三,电话13800138000,深圳断缴4个月怎么补","at":"2026-11-23"}"#)?;
    service.signal("-TERM")?;
    service.exit()?;
    let log = fs::read_to_string(&log).map_err(|e| e.to_string())?;
    let whole = log.contains("我叫〔姓名〕,电话〔手机号〕,深圳断缴4个月怎么补");
    if whole && !log.contains("张三") && !log.contains("13800138000") {
        Ok(())
    } else {
        Err(format!("the log: {log}"))
    }
}

pub fn life() -> Result<(), String> {
    let (corpus, index, log) = folder("life");
    let started = Instant::now();
    let mut service = start(&corpus, &index, &log)?;
    let ready = service.get("/readyz")?;
    let loaded = started.elapsed();
    if !ready.starts_with("HTTP/1.1 200") || !ready.contains("\"rebuild\":\"idle\"") {
        return Err(format!("readyz: {ready}"));
    }
    if loaded > Duration::from_secs(10) {
        return Err(format!("took {loaded:?} on a built index"));
    }
    if !service.get(QUESTION)?.contains("\"query\":\"张三断缴\"") {
        return Err("no answer".to_owned());
    }
    let generation = |answer: String| answer.lines().find(|l| l.starts_with("x-index-generation")).map(str::to_owned);
    let first = generation(service.get("/livez")?);
    let article = corpus.join("articles/000000/newborn.md");
    let text = fs::read_to_string(&article).map_err(|e| e.to_string())?;
    fs::write(&article, text + "\n另有补充。\n").map_err(|e| e.to_string())?;
    service.signal("-HUP")?;
    let started = Instant::now();
    while generation(service.get("/livez")?) == first {
        if started.elapsed() > Duration::from_secs(120) {
            return Err("no new generation after SIGHUP".to_owned());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    service.signal("-TERM")?;
    let exit = service.exit()?;
    let log = fs::read_to_string(&log).map_err(|e| e.to_string())?;
    if exit != 0 {
        return Err(format!("exit {exit}: {log}"));
    }
    if log.contains("张三") || log.contains("%E5%BC%A0") || !log.contains("\"route\":\"/v1/search\"") {
        return Err(format!("the log: {log}"));
    }
    match log.lines().find(|l| serde_json::from_str::<serde_json::Value>(l).is_err()) {
        Some(line) => Err(format!("a log line that is no JSON: {line}")),
        None => Ok(()),
    }
}

pub fn doctor() -> Result<(), String> {
    let (corpus, index, log) = folder("doctor");
    let wechat = [("YIWEN_WECHAT_TOKEN", "doctorToken")];
    let mut command = program(FOLDER.path(), &corpus, &index);
    command.envs(wechat);
    let service = Service::start(command, &log)?;
    let examine = |arguments: &[&str]| {
        let mut command = program(FOLDER.path(), &corpus, &index);
        let output = command.envs(wechat).arg("doctor").args(arguments).output().map_err(|e| e.to_string())?;
        Ok::<_, String>((output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned()))
    };
    let url = format!("http://{}", service.address);
    let (exit, said) = examine(&[&url])?;
    if exit != Some(0) || !said.contains("0 项会失败") || !said.contains("✓ 公众号") {
        return Err(format!("{exit:?} {said}"));
    }
    let (exit, said) = examine(&[&format!("{url}/elsewhere"), "--json"])?;
    let findings: serde_json::Value = serde_json::from_str(&said).map_err(|e| e.to_string())?;
    if exit != Some(1) || findings[0]["ok"] != false {
        return Err(format!("{exit:?} {said}"));
    }
    let (exit, _) = examine(&["http://127.0.0.1:1"])?;
    let refused = exit == Some(2);
    refused.then_some(()).ok_or(format!("nobody listens, but {exit:?}"))
}

/// The protocol over stdin and stdout: nothing but messages comes out.
pub fn mcp() -> Result<(), String> {
    let (corpus, index, _) = folder("mcp");
    let mut command = program(FOLDER.path(), &corpus, &index);
    command.arg("mcp").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|e| e.to_string())?;
    let mut stdin = child.stdin.take().ok_or("no stdin")?;
    let mut stdout = BufReader::new(child.stdout.take().ok_or("no stdout")?).lines();
    let mut exchange = |message: &str, answered: bool| {
        writeln!(stdin, "{message}").map_err(|e| e.to_string())?;
        let line =
            if answered { stdout.next().ok_or("no answer")?.map_err(|e| e.to_string())? } else { "{}".to_owned() };
        serde_json::from_str::<serde_json::Value>(&line).map_err(|e| format!("{line}: {e}"))
    };
    let client = r#"{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"t","version":"1"}}"#;
    exchange(&format!(r#"{{"jsonrpc":"2.0","id":1,"method":"initialize","params":{client}}}"#), true)?;
    exchange(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#, false)?;
    let call = r#"{"name":"compute_rule","arguments":{"rule":"late_fee","facts":{"principal":3000,"days":60},"at":"2026-11-23"}}"#;
    let told = exchange(&format!(r#"{{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{call}}}"#), true)?;
    drop(stdin);
    let exit = child.wait().map_err(|e| e.to_string())?;
    let fee = &told["result"]["structuredContent"]["results"]["late_fee"];
    if fee == "90.00" && exit.success() { Ok(()) } else { Err(format!("{told} {exit:?}")) }
}

pub fn nothing() -> Result<(), String> {
    let base = FOLDER.path().join("nothing");
    let corpus = base.join("corpus");
    common::copy(&common::corpus(), &corpus);
    fs::write(corpus.join("vocabulary/synonyms.tsv"), "没有制表符\n").map_err(|e| e.to_string())?;
    let mut command = program(FOLDER.path(), &corpus, &base.join("index"));
    let output = command.args(["serve", "--listen", "127.0.0.1:0"]).output().map_err(|e| e.to_string())?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    if output.status.code() == Some(2) && stderr.contains("vocabulary/synonyms.tsv:1:") {
        Ok(())
    } else {
        Err(format!("{:?} {stderr}", output.status))
    }
}

pub fn old() -> Result<(), String> {
    let (corpus, index, log) = folder("old");
    fs::write(corpus.join("vocabulary/synonyms.tsv"), "没有制表符\n").map_err(|e| e.to_string())?;
    let service = start(&corpus, &index, &log)?;
    let ready = service.get("/readyz")?;
    let log = fs::read_to_string(&log).map_err(|e| e.to_string())?;
    let told = ready.contains("\"rebuild\":\"failed\"") && ready.contains("vocabulary/synonyms.tsv:1:");
    let warned = log.contains("警告") && log.contains("vocabulary/synonyms.tsv:1:");
    if ready.starts_with("HTTP/1.1 200") && told && warned { Ok(()) } else { Err(format!("{ready}\n{log}")) }
}

pub fn port_in_use() -> Result<(), String> {
    let taken = TcpListener::bind("127.0.0.1:0").map_err(|e| e.to_string())?;
    let address = taken.local_addr().map_err(|e| e.to_string())?.to_string();
    let mut command = program(FOLDER.path(), &common::corpus(), shipped_index());
    let output = command.args(["serve", "--listen", &address]).output().map_err(|e| e.to_string())?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    let clear = output.status.code() == Some(2) && stderr.contains("--listen");
    if clear { Ok(()) } else { Err(format!("{:?} {stderr}", output.status)) }
}
