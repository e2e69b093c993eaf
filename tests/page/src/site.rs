//! The service as a process, and a page of somebody else's on another port that uses its widget.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;

/// Both origins.
pub struct Site {
    child: Mutex<Child>,
    /// `http://127.0.0.1:PORT` of the service.
    pub own: String,
    /// The same of the foreign page.
    pub foreign: String,
}

impl Site {
    pub fn start() -> Result<Site, String> {
        let named = |name: &str| std::env::var(name).map_err(|_| format!("{name} is not set; tests/page/run sets it"));
        let mut child = Command::new(named("YIWEN_BIN")?)
            .arg("--corpus")
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus"))
            .args(["--index", &named("YIWEN_INDEX")?, "serve", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|e| e.to_string())?;
        let mut line = String::new();
        let stdout = child.stdout.take().ok_or("no stdout")?;
        BufReader::new(stdout).read_line(&mut line).map_err(|e| e.to_string())?;
        let address = line.trim().rsplit("http://").next().unwrap_or_default().to_owned();
        let own = format!("http://{address}");
        let foreign = serve(PAGE.replace("SERVICE", &own))?;
        let site = Site { child: Mutex::new(child), own, foreign };
        site.ready(&address)?;
        Ok(site)
    }

    fn ready(&self, address: &str) -> Result<(), String> {
        for _ in 0..600 {
            let asked = TcpStream::connect(address).and_then(|mut stream| {
                stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")?;
                let mut answer = String::new();
                stream.read_to_string(&mut answer)?;
                Ok(answer)
            });
            if asked.is_ok_and(|answer| answer.starts_with("HTTP/1.1 200")) {
                return Ok(());
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        Err("the service did not become ready within a minute".to_owned())
    }

    pub fn stop(&self) {
        if let Ok(mut child) = self.child.lock() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A page that allows nothing but the service, with styles of its own that must not reach the widget.
const PAGE: &str = r#"HTTP/1.1 200 OK
Content-Type: text/html; charset=utf-8
Content-Security-Policy: default-src 'none'; script-src SERVICE; connect-src SERVICE; img-src data:
Connection: close

<!doctype html><html lang="zh-CN"><head><title>某市医保局</title><link rel="icon" href="data:,">
<meta name="viewport" content="width=device-width, initial-scale=1"></head>
<body><main><h1>某市医保局</h1><yiwen-ask region="深圳市"></yiwen-ask></main>
<script src="SERVICE/widget.js" async></script></body></html>
"#;

/// Serves one text to whoever asks, on a port of its own, until the run ends.
fn serve(page: String) -> Result<String, String> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|e| e.to_string())?;
    let address = listener.local_addr().map_err(|e| e.to_string())?;
    let (head, body) = page.split_once("\n\n").ok_or("a page has a head")?;
    let page = format!("{}\r\n\r\n{body}", head.replace('\n', "\r\n"));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut lines = BufReader::new(&stream).lines();
            while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
            let _ = (&stream).write_all(page.as_bytes());
        }
    });
    Ok(format!("http://{address}"))
}

/// Percent-encodes what an address cannot hold as it is.
pub fn encoded(text: &str) -> String {
    text.bytes().map(|b| if b.is_ascii_graphic() { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}
