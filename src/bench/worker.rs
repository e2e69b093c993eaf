//! The program started again for one part of a measurement: a task as a line of JSON on its stdin, what came of it as a
//! line on its stdout. It goes when its stdin is closed, so none outlives whoever started it.

use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, anyhow};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::load::{self, Load};
use super::service::{self, Serve};
use super::subject::Target;
use crate::config::Config;

/// The subcommand that takes a task; in no help text.
pub const COMMAND: &str = "bench-worker";

/// One part of a measurement.
#[derive(Serialize, Deserialize)]
pub(super) enum Task {
    /// Open the index and answer this.
    First(Target, String),
    Serve(Serve),
    Load(Load),
}

/// What comes back: the result, or the error in words.
type Told<T> = Result<T, String>;

/// A running part; ended when dropped.
pub(super) struct Worker {
    child: Child,
    stdout: BufReader<ChildStdout>,
}

impl Worker {
    /// Starts one with the flags of this process.
    pub fn start(flags: &[OsString], task: &Task) -> Result<Worker> {
        let program = std::env::current_exe().context("找不到程序自己的文件")?;
        let mut command = Command::new(program);
        command.args(flags).arg(COMMAND).stdin(Stdio::piped()).stdout(Stdio::piped());
        if matches!(task, Task::Serve(_)) {
            // It logs every request, as any service does; nobody reads it.
            command.stderr(Stdio::null());
        }
        let mut child = command.spawn().context("起不了测量用的进程")?;
        let stdout = BufReader::new(child.stdout.take().context("测量用的进程没有输出")?);
        let mut worker = Worker { child, stdout };
        let line = format!("{}\n", serde_json::to_string(task).context("任务写不成 JSON")?);
        // Its stdin stays open: that it is closed tells the end.
        let stdin = worker.child.stdin.as_mut().context("测量用的进程没有输入")?;
        stdin.write_all(line.as_bytes()).context("测量用的进程不收任务")?;
        Ok(worker)
    }

    /// Waits for what came of the task.
    pub fn told<T: DeserializeOwned>(&mut self) -> Result<T> {
        let mut line = String::new();
        self.stdout.read_line(&mut line).context("测量用的进程读不到")?;
        let told: Told<T> = serde_json::from_str(&line).context("测量用的进程没有说出结果就结束了")?;
        told.map_err(|error| anyhow!(error))
    }

    /// Its resident memory in bytes, files mapped into it included; `None` where the system does not tell.
    pub fn resident(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Does the task that stands on stdin.
///
/// # Errors
/// No task, or nobody who reads what came of it. What goes wrong with the task itself is told to whoever gave it.
pub fn work(config: &Config) -> Result<()> {
    let mut line = String::new();
    io::stdin().read_line(&mut line).context("读不到标准输入")?;
    let task: Task = serde_json::from_str(&line).context("这个命令由 yiwen bench 自己启动,不单独使用")?;
    match task {
        Task::First(target, question) => tell(target.open(config).map(|live| {
            target.ask(&live.engine, &question);
        })),
        Task::Load(load) => tell(load::run(&load)),
        Task::Serve(serve) => {
            let serving = service::start(config, serve);
            let (told, running) = match serving {
                Ok((told, running)) => (Ok(told), Some(running)),
                Err(error) => (Err(error), None),
            };
            tell(told)?;
            // Until it is closed.
            io::stdin().read_line(&mut line).context("读不到标准输入")?;
            drop(running);
            Ok(())
        }
    }
}

fn tell<T: Serialize>(result: Result<T>) -> Result<()> {
    let told: Told<T> = result.map_err(|error| format!("{error:#}"));
    let line = format!("{}\n", serde_json::to_string(&told).context("结果写不成 JSON")?);
    io::stdout().lock().write_all(line.as_bytes()).context("写不到标准输出")
}
