//! The command line by data: `tests/cli/*.jsonl`, one run of the program a line, and a corpus with a mistake of each kind.
//!
//! `{"name","args":[…],"env"?:{},"config"?:"…","stdin"?:"…","pad"?:[text,times],"expect":{"exit","stdout"?:[…],"stdout_not"?:[…],
//! "stderr"?:[…],"json"?:{pointer:value}}}`. `$CORPUS`, `$INDEX`, `$EMPTY` (a folder without anything) and `$PAD` stand
//! for what they name; the shipped corpus and its index are used unless a row says otherwise.

#[path = "../common/mod.rs"]
mod common;
mod improving;
mod measuring;
mod mistakes;
#[path = "../common/process.rs"]
mod process;
mod recording;
mod serving;
mod words;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::LazyLock;

use libtest_mimic::{Arguments, Failed, Trial};
use process::program;
use serde_json::Value;
use tempfile::TempDir;

/// Everything that one run of the program gave.
pub struct Run {
    pub exit: i32,
    pub stdout: String,
    pub stderr: String,
}

pub static FOLDER: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().expect("a folder"));
/// The shipped corpus, indexed once by the program itself.
static INDEX: LazyLock<PathBuf> = LazyLock::new(|| {
    let index = FOLDER.path().join("index");
    let run = run(FOLDER.path(), &["index"], &common::corpus(), &index, &[]);
    assert_eq!(run.exit, 0, "{}", run.stderr);
    index
});

/// The index of the shipped corpus.
pub fn shipped_index() -> &'static Path {
    &INDEX
}

/// Runs the program to its end, without input.
pub fn run(cwd: &Path, args: &[&str], corpus: &Path, index: &Path, env: &[(String, String)]) -> Run {
    run_with(cwd, args, corpus, index, env, "")
}

fn run_with(cwd: &Path, args: &[&str], corpus: &Path, index: &Path, env: &[(String, String)], stdin: &str) -> Run {
    let mut command = program(cwd, corpus, index);
    command.args(args);
    for (name, value) in env {
        match value.as_str() {
            "" => command.env_remove(name),
            value => command.env(name, value),
        };
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program runs");
    // A program that ends without reading its input is no failure of the test.
    let _ = child.stdin.take().expect("stdin").write_all(stdin.as_bytes());
    let output = child.wait_with_output().expect("the program ends");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Run { exit: output.status.code().unwrap_or(-1), stdout: text(&output.stdout), stderr: text(&output.stderr) }
}

fn main() {
    let mut trials = common::trials(common::rows("cli"), check);
    trials.extend(common::trials(common::rows("cli/mistakes"), mistakes::check));
    let mut test = |name: &str, run: fn() -> Result<(), String>| {
        trials.push(Trial::test(name.to_owned(), move || run().map_err(Failed::from)));
    };
    test("a broken corpus leaves the good index in use", mistakes::index_stays);
    test("check --rows names the questions that a new cue changes", words::one_cue);
    test("serve answers, reloads on SIGHUP and stops on SIGTERM", serving::life);
    test("questions are logged on request, masked", serving::masked);
    test("serve exits when nothing can be served", serving::nothing);
    test("serve with a broken corpus serves the last good index", serving::old);
    test("doctor finds what platforms would fail on", serving::doctor);
    test("mcp speaks over stdin and stdout", serving::mcp);
    test("check --fix mends what is mechanical and nothing else", improving::fix);
    test("a value past its review is named, and warned of where it is used", improving::stale);
    test("a comparison tells that a synonym helped", improving::compare);
    test("a report explains each miss", improving::report);
    test("manual pages for every command", improving::manual);
    test("a folder is built, asked and measured", measuring::folder);
    test("the index in use is measured beside a bare echo", measuring::in_use);
    test("a kill among a thousand posts loses none that was acknowledged", recording::kill);
    test("a question left open becomes an article", recording::gap_to_article);
    test("serve says when its port is taken", serving::port_in_use);
    libtest_mimic::run(&Arguments::from_args(), trials).exit()
}

fn check(row: &Value) -> Result<(), String> {
    let cwd = tempfile::tempdir().map_err(|e| e.to_string())?;
    let empty = cwd.path().join("empty");
    std::fs::create_dir(&empty).map_err(|e| e.to_string())?;
    if let Some(text) = row["config"].as_str() {
        std::fs::write(cwd.path().join("yiwen.toml"), text).map_err(|e| e.to_string())?;
    }
    let pad = row["pad"].as_array().map(|p| p[0].as_str().unwrap_or("").repeat(p[1].as_u64().unwrap_or(0) as usize));
    let fill = |text: &str| {
        text.replace("$CORPUS", &common::corpus().to_string_lossy())
            .replace("$INDEX", &INDEX.to_string_lossy())
            .replace("$EMPTY", &empty.to_string_lossy())
            .replace("$ROOT", &common::root().to_string_lossy())
            .replace("$PAD", pad.as_deref().unwrap_or(""))
    };
    let args: Vec<String> = row["args"].as_array().into_iter().flatten().filter_map(Value::as_str).map(fill).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let members = row["env"].as_object().into_iter().flatten();
    let env: Vec<(String, String)> = members.map(|(n, v)| (n.clone(), fill(v.as_str().unwrap_or("")))).collect();
    let stdin = row["stdin"].as_str().unwrap_or("");
    let run = run_with(cwd.path(), &args, &common::corpus(), &INDEX, &env, stdin);
    let expect = &row["expect"];
    let mut wrong = vec![];
    if expect["exit"] != run.exit {
        wrong.push(format!("exit: want {}, got {}", expect["exit"], run.exit));
    }
    let parts = |key: &str| expect[key].as_array().into_iter().flatten().filter_map(Value::as_str).collect::<Vec<_>>();
    for (key, text) in [("stdout", &run.stdout), ("stderr", &run.stderr)] {
        wrong
            .extend(parts(key).into_iter().filter(|p| !text.contains(p)).map(|p| format!("{key} does not hold {p:?}")));
    }
    wrong.extend(
        parts("stdout_not").into_iter().filter(|p| run.stdout.contains(p)).map(|p| format!("stdout holds {p:?}")),
    );
    if let Some(checks) = expect["json"].as_object() {
        let json: Value = serde_json::from_str(&run.stdout).unwrap_or_default();
        for (pointer, want) in checks {
            let got = json.pointer(pointer).unwrap_or(&Value::Null);
            if !yiwen::eval::answers::same(want, got) {
                wrong.push(format!("{pointer}: want {want}, got {got}"));
            }
        }
    }
    // A result never mixes with what is said about it.
    if run.exit == 2 && !run.stdout.is_empty() {
        wrong.push("a failure wrote to stdout".to_owned());
    }
    let short = |text: &str| text.chars().take(1500).collect::<String>();
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(format!("{}\nstdout: {}\nstderr: {}", wrong.join("\n"), short(&run.stdout), short(&run.stderr)))
    }
}
