//! The program as a process: started, asked over a real socket, signalled, ended.

#![allow(dead_code, reason = "each runner uses its own part")]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The program, in a folder, without the settings of whoever runs the tests.
pub fn program(cwd: &Path, corpus: &Path, index: &Path) -> Command {
    let chosen = std::env::var_os("YIWEN_TEST_PROGRAM");
    let mut command = Command::new(chosen.unwrap_or_else(|| env!("CARGO_BIN_EXE_yiwen").into()));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("YIWEN_")) {
        command.env_remove(name);
    }
    command.current_dir(cwd).env("YIWEN_CORPUS", corpus).env("YIWEN_INDEX", index);
    command
}

/// A running service; killed when dropped.
pub struct Service {
    pub child: Child,
    /// `127.0.0.1:PORT`.
    pub address: String,
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Service {
    /// Starts `command`, to which `serve` and a free port of this machine are added, and waits until it is ready. What it
    /// logs goes into the file `log`.
    pub fn start(mut command: Command, log: &Path) -> Result<Service, String> {
        let mut child = command
            .args(["serve", "--listen", "127.0.0.1:0"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(fs::File::create(log).map_err(|e| e.to_string())?)
            .spawn()
            .map_err(|e| e.to_string())?;
        let stdout = child.stdout.take().ok_or("no stdout")?;
        let mut line = String::new();
        let read = BufReader::new(stdout).read_line(&mut line).map_err(|e| e.to_string());
        let address = line.trim().rsplit("http://").next().unwrap_or("").to_owned();
        let service = Service { child, address };
        read?;
        if line.contains("http://") { Ok(service) } else { Err(format!("started with {line:?}")) }
    }

    /// A new connection.
    pub fn connect(&self) -> Result<TcpStream, String> {
        let stream = TcpStream::connect(&self.address).map_err(|e| e.to_string())?;
        stream.set_read_timeout(Some(Duration::from_secs(30))).map_err(|e| e.to_string())?;
        Ok(stream)
    }

    /// The whole answer, head and body, to a GET.
    pub fn get(&self, path: &str) -> Result<String, String> {
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
    }

    /// The whole answer to a POST of JSON.
    pub fn post(&self, path: &str, body: &str) -> Result<String, String> {
        let head = "Host: x\r\nConnection: close\r\nContent-Type: application/json";
        self.send(&format!("POST {path} HTTP/1.1\r\n{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len()))
    }

    /// The whole answer to a request as it goes over the wire; it has to ask for the connection's end.
    pub fn send(&self, request: &str) -> Result<String, String> {
        Service::ask(self.connect()?, request)
    }

    /// The same over a connection that stands.
    pub fn ask(mut stream: TcpStream, request: &str) -> Result<String, String> {
        // Whoever refuses a request may do so before it is sent.
        let _ = stream.write_all(request.as_bytes());
        let mut answer = vec![];
        match stream.read_to_end(&mut answer) {
            Err(error) if answer.is_empty() => Err(error.to_string()),
            _ => Ok(String::from_utf8_lossy(&answer).into_owned()),
        }
    }

    /// Sends a signal, `-HUP` for example.
    pub fn signal(&self, name: &str) -> Result<(), String> {
        let sent = Command::new("kill").args([name, &self.child.id().to_string()]).status();
        sent.map_err(|e| e.to_string())?.success().then_some(()).ok_or_else(|| format!("kill {name} failed"))
    }

    /// The exit status, soon; −1 where a signal ended it.
    pub fn exit(&mut self) -> Result<i32, String> {
        let started = Instant::now();
        while started.elapsed() < Duration::from_secs(20) {
            if let Some(status) = self.child.try_wait().map_err(|e| e.to_string())? {
                return Ok(status.code().unwrap_or(-1));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Err("still running after 20 s".to_owned())
    }
}
