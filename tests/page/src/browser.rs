//! Chromium through its driver: one driver for the run, one fresh session a visit, everything said in the browser's own
//! protocol, so that presses and keys are those of a person.

use std::fmt::Debug;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;

use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder};
use http::Method;
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// A clean browser that asks nobody for anything of its own accord.
const FLAGS: &[&str] = &[
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--no-proxy-server",
];

/// The driver's process.
pub struct Driver {
    child: Mutex<Child>,
    url: String,
    runtime: Runtime,
}

/// One window of one visit.
pub struct Page {
    client: Client,
}

impl Driver {
    pub fn start() -> Result<Driver, String> {
        let mut child =
            Command::new("chromedriver").arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null()).spawn().map_err(
                |e| format!("chromedriver does not start ({e}); on Debian: apt-get install chromium chromium-driver"),
            )?;
        let stdout = child.stdout.take().ok_or("no stdout")?;
        let mut lines = BufReader::new(stdout).lines();
        let port = lines.find_map(|line| {
            let line = line.ok()?;
            let (_, port) = line.rsplit_once("started successfully on port ")?;
            Some(port.trim_end_matches('.').to_owned())
        });
        let port = port.ok_or("chromedriver named no port")?;
        let runtime = Runtime::new().map_err(|e| e.to_string())?;
        Ok(Driver { child: Mutex::new(child), url: format!("http://127.0.0.1:{port}"), runtime })
    }

    pub fn stop(&self) {
        if let Ok(mut child) = self.child.lock() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Opens a window of a fresh profile, does what is to be done, and closes it whatever came of it.
    pub fn visit(&self, work: impl AsyncFnOnce(&Page) -> Result<(), String>) -> Result<(), String> {
        self.runtime.block_on(async {
            let profile = tempfile::tempdir().map_err(|e| e.to_string())?;
            let mut flags: Vec<String> = FLAGS.iter().map(|flag| (*flag).to_owned()).collect();
            flags.push(format!("--user-data-dir={}", profile.path().display()));
            let wanted = json!({
                "browserName": "chrome",
                "goog:chromeOptions": {"args": flags},
                "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
            });
            let Value::Object(wanted) = wanted else { return Err("no capabilities".to_owned()) };
            let mut builder = ClientBuilder::new(HttpConnector::new());
            builder.capabilities(wanted);
            let client = builder.connect(&self.url).await.map_err(|e| format!("no browser: {e}"))?;
            let page = Page { client };
            let done = work(&page).await;
            page.client.close().await.map_err(|e| e.to_string())?;
            done
        })
    }
}

impl Page {
    /// Says something in the browser's own protocol.
    pub async fn tell(&self, command: &str, parameters: Value) -> Result<Value, String> {
        let body = json!({"cmd": command, "params": parameters});
        self.issue("goog/cdp/execute", body).await.map_err(|e| format!("{command}: {e}"))
    }

    /// What a script of the page gives; `arguments` are its `arguments`.
    pub async fn script(&self, script: &str, arguments: Vec<Value>) -> Result<Value, String> {
        self.client.execute(script, arguments).await.map_err(|e| e.to_string())
    }

    /// The same for a script that calls its last argument when it is done.
    pub async fn later(&self, script: &str) -> Result<Value, String> {
        self.client.execute_async(script, vec![]).await.map_err(|e| e.to_string())
    }

    /// The lines of a log since it was read last.
    pub async fn log(&self, kind: &str) -> Result<Vec<Value>, String> {
        let lines = self.issue("se/log", json!({"type": kind})).await?;
        Ok(lines.as_array().cloned().unwrap_or_default())
    }

    pub async fn open(&self, url: &str) -> Result<(), String> {
        self.client.goto(url).await.map_err(|e| format!("{url}: {e}"))
    }

    async fn issue(&self, path: &'static str, body: Value) -> Result<Value, String> {
        self.client.issue_cmd(Chrome { path, body: body.to_string() }).await.map_err(|e| e.to_string())
    }
}

/// A command that only Chromium's driver knows.
#[derive(Debug)]
struct Chrome {
    path: &'static str,
    body: String,
}

impl WebDriverCompatibleCommand for Chrome {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &url::Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.body.clone()))
    }
}
