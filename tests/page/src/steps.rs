//! What a row may do and see, one name a step.
//!
//! A selector may reach into a shadow root: `yiwen-ask >>> .conclusion`. What is to be seen is waited for.
//!
//! | step | argument | |
//! | --- | --- | --- |
//! | `open` | path | on the service; `foreign` opens the other site |
//! | `type` | `[selector, text]` | replaces what the field holds, as if typed |
//! | `compose`, `commit` | text | what an input method shows while composing, and what it hands over |
//! | `press` | key | to whatever has the focus |
//! | `click` | selector | presses in its middle |
//! | `see` | `[selector, text]` | visible, and its text or value holds this |
//! | `unseen` | selector | nothing of it is visible |
//! | `focus` | selector | it has the focus |
//! | `address` | text | the address, decoded, holds this |
//! | `true` | expression | of JavaScript; `deep(selector)` is there |
//! | `back` | `true` | one page back |
//! | `print` | `true` | as on paper from here on |
//! | `fits` | `true` | nothing makes the page scroll sideways |
//! | `axe` | `true` | axe-core finds no violation |
//! | `load_at_most` | bytes | transferred since the last time, all files together |
//! | `paint_at_most` | milliseconds | from an answer's arrival to its paint; 100 is the goal, a busy machine gets more |

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::browser::Page;
use crate::site::Site;

const PATIENCE: Duration = Duration::from_secs(8);
const DESKTOP: u64 = 1100;

/// Runs a whole row.
pub async fn run(row: &Value, site: &Site, page: &Page) -> Result<(), String> {
    let width = row["width"].as_u64().unwrap_or(DESKTOP);
    set_up(row, page, width, 900).await?;
    let mut visit = Visit { site, page, seen: vec![] };
    for (i, step) in row["steps"].as_array().ok_or("no steps")?.iter().enumerate() {
        for (name, argument) in step.as_object().ok_or("a step is an object")? {
            let done = visit.step(name, argument).await;
            done.map_err(|why| format!("step {} {name} {argument}: {why}", i + 1))?;
        }
    }
    visit.listen().await?;
    visit.held(row).await?;
    if let (Some(name), Some(folder)) = (row["picture"].as_str(), std::env::var_os("YIWEN_PICTURES")) {
        let height = row["height"].as_u64().unwrap_or(900);
        set_up(row, page, width, height).await?;
        page.script("document.activeElement?.blur()", vec![]).await?;
        tokio::time::sleep(Duration::from_millis(300)).await;
        let shot = page.tell("Page.captureScreenshot", json!({"format": "png"})).await?;
        let bytes =
            base64::Engine::decode(&base64::prelude::BASE64_STANDARD, shot["data"].as_str().unwrap_or_default());
        let bytes = bytes.map_err(|e| e.to_string())?;
        std::fs::write(std::path::Path::new(&folder).join(name), bytes).map_err(|e| e.to_string())?;
    }
    Ok(())
}

async fn set_up(row: &Value, page: &Page, width: u64, height: u64) -> Result<(), String> {
    let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600});
    page.tell("Emulation.setDeviceMetricsOverride", metrics).await?;
    let scheme = if row["dark"] == true { "dark" } else { "light" };
    let features = json!([{"name": "prefers-color-scheme", "value": scheme}, {"name": "prefers-reduced-motion", "value": "reduce"}]);
    page.tell("Emulation.setEmulatedMedia", json!({"features": features})).await?;
    page.tell("Emulation.setScriptExecutionDisabled", json!({"value": row["script"] == false})).await?;
    Ok(())
}

struct Visit<'v> {
    site: &'v Site,
    page: &'v Page,
    /// Messages of the network log.
    seen: Vec<Value>,
}

/// `deep` finds through shadow roots; `visible` is what a person sees.
const HELPERS: &str = r#"
const deep = (selector) => selector.split(" >>> ").reduce((node, part, i) =>
  node && (i ? node.shadowRoot : node)?.querySelector(part), document);
const all = (selector) => {
  const parts = selector.split(" >>> ");
  const last = parts.pop();
  const root = parts.reduce((node, part) => (node?.shadowRoot ?? node)?.querySelector(part), document);
  return root ? [...(root.shadowRoot ?? root).querySelectorAll(last)] : [];
};
const visible = (node) => node.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true });
const held = (node) => (node.value ?? "") + " " + (node.innerText ?? node.textContent);
"#;

/// Runs axe-core and gives a line for each violation.
const AXE: &str = r#"
const done = arguments[0];
const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const node = (n) => `${n.html.slice(0, 160)} ${n.any[0]?.message ?? ""}`;
const line = (v) => `${v.id}: ${v.help} ${v.nodes.slice(0, 3).map(node).join(" | ")}`;
axe.run(document, { runOnly: tags }).then((r) => done(r.violations.map(line)), (e) => done([String(e)]));
"#;

impl Visit<'_> {
    async fn step(&mut self, name: &str, argument: &Value) -> Result<(), String> {
        let text = argument.as_str().unwrap_or_default();
        let (first, second) = (argument[0].as_str().unwrap_or_default(), argument[1].as_str().unwrap_or_default());
        match name {
            "open" => self.page.open(&format!("{}{}", self.site.own, crate::site::encoded(text))).await,
            "foreign" => self.page.open(&self.site.foreign).await,
            "type" => {
                self.until(&format!(
                    "all({0}).some(visible) && (deep({0}).focus(), deep({0}).select?.(), true)",
                    json!(first)
                ))
                .await?;
                self.insert(second).await
            }
            "compose" => {
                let end = text.chars().count();
                let parameters = json!({"text": text, "selectionStart": end, "selectionEnd": end});
                self.page.tell("Input.imeSetComposition", parameters).await.map(drop)
            }
            "commit" => self.insert(text).await,
            "press" => self.press(text).await,
            "click" => self.click(text).await,
            "see" => {
                let (selector, words) = (json!(first), json!(second));
                self.until(&format!("all({selector}).some((n) => visible(n) && held(n).includes({words}))"))
                    .await
                    .map_err(|why| format!("{why} {selector} {words}"))
            }
            "unseen" => self.until(&format!("!all({}).some(visible)", json!(text))).await,
            "focus" => {
                let active = "let n = document.activeElement; while (n.shadowRoot?.activeElement) n = n.shadowRoot.activeElement;";
                self.until(&format!("(() => {{ {active} return n.matches({}); }})()", json!(text))).await
            }
            "address" => self.until(&format!("decodeURIComponent(location.href).includes({})", json!(text))).await,
            "true" => self.until(text).await,
            "print" => {
                self.page.script("dispatchEvent(new Event('beforeprint'))", vec![]).await?;
                self.page.tell("Emulation.setEmulatedMedia", json!({"media": "print"})).await.map(drop)
            }
            "back" => self.page.script("history.back()", vec![]).await.map(drop),
            "fits" => {
                let wide =
                    self.value("document.documentElement.scrollWidth - document.documentElement.clientWidth").await?;
                let which = "[...document.querySelectorAll('main *')].filter((n) => !n.closest('.scroll') \
                    && n.getBoundingClientRect().right > innerWidth + 1).slice(0, 3).map((n) => n.outerHTML.slice(0, 120))";
                if wide == 0 { Ok(()) } else { Err(format!("{wide} px too wide: {}", self.value(which).await?)) }
            }
            "axe" => self.axe().await,
            "load_at_most" => self.load(argument.as_f64().unwrap_or_default()).await,
            "paint_at_most" => {
                let measure = "(performance.getEntriesByName('answer-painted').at(-1)?.duration ?? 0)";
                self.until(&format!("{measure} > 0")).await?;
                let took = self.value(measure).await?.as_f64().unwrap_or(f64::MAX);
                println!("page: the answer was painted {took:.1} ms after it arrived");
                if Some(took) <= argument.as_f64() { Ok(()) } else { Err(format!("it took {took} ms")) }
            }
            other => Err(format!("there is no step {other}")),
        }
    }

    async fn value(&self, expression: &str) -> Result<Value, String> {
        self.page.script(&format!("{HELPERS} return ({expression});"), vec![]).await
    }

    /// Waits until an expression holds.
    async fn until(&self, expression: &str) -> Result<(), String> {
        let started = Instant::now();
        loop {
            let last = self.value(expression).await;
            if last.as_ref().is_ok_and(|v| *v == true) {
                return Ok(());
            }
            if started.elapsed() > PATIENCE {
                let shown = self.value("document.body.innerText.slice(0, 600)").await.unwrap_or_default();
                return Err(format!("not within {PATIENCE:?} ({last:?}); the page shows {shown}"));
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    }

    async fn insert(&self, text: &str) -> Result<(), String> {
        self.page.tell("Input.insertText", json!({"text": text})).await.map(drop)
    }

    async fn press(&self, key: &str) -> Result<(), String> {
        let (code, text) = match key {
            "Enter" => (13, "\r"),
            "Tab" => (9, ""),
            "Escape" => (27, ""),
            "Space" => (32, " "),
            "ArrowUp" => (38, ""),
            "ArrowDown" => (40, ""),
            "ArrowRight" => (39, ""),
            other => return Err(format!("no key {other}")),
        };
        let name = if key == "Space" { " " } else { key };
        let down = if text.is_empty() { "rawKeyDown" } else { "keyDown" };
        for kind in [down, "keyUp"] {
            let parameters =
                json!({"type": kind, "key": name, "code": key, "windowsVirtualKeyCode": code, "text": text});
            self.page.tell("Input.dispatchKeyEvent", parameters).await?;
        }
        Ok(())
    }

    async fn click(&self, selector: &str) -> Result<(), String> {
        let wanted = json!(selector);
        self.until(&format!("all({wanted}).some(visible)")).await?;
        let middle = format!(
            "(() => {{ const n = all({wanted}).find(visible); n.scrollIntoView({{block: 'center'}}); \
             const r = n.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; }})()"
        );
        let at = self.value(&middle).await?;
        for kind in ["mousePressed", "mouseReleased"] {
            let parameters = json!({"type": kind, "x": at[0], "y": at[1], "button": "left", "clickCount": 1});
            self.page.tell("Input.dispatchMouseEvent", parameters).await?;
        }
        Ok(())
    }

    async fn axe(&self) -> Result<(), String> {
        let Some(path) = std::env::var_os("YIWEN_AXE") else { return Ok(()) };
        let source = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        self.page.script(&source, vec![]).await?;
        let found = self.page.later(AXE).await?;
        let lines: Vec<&str> = found.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        if lines.is_empty() { Ok(()) } else { Err(lines.join("\n")) }
    }

    /// Takes over what the network log has got.
    async fn listen(&mut self) -> Result<(), String> {
        for line in self.page.log("performance").await? {
            let message = line["message"].as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
            self.seen.extend(message.map(|m| m["message"].clone()));
        }
        Ok(())
    }

    async fn load(&mut self, most: f64) -> Result<(), String> {
        self.listen().await?;
        // The window that a session begins with loads files of the browser's own.
        let own = |id: &Value| {
            let sent = self.seen.iter().filter(|m| m["method"] == "Network.requestWillBeSent");
            sent.filter(|m| m["params"]["requestId"] == *id)
                .any(|m| m["params"]["request"]["url"].as_str().is_some_and(|url| url.starts_with(&self.site.own)))
        };
        let finished = self.seen.iter().filter(|m| m["method"] == "Network.loadingFinished");
        let sizes: Vec<f64> = finished
            .filter(|m| own(&m["params"]["requestId"]))
            .filter_map(|m| m["params"]["encodedDataLength"].as_f64())
            .collect();
        let (bytes, files) = (sizes.iter().sum::<f64>(), sizes.len());
        println!("page: the first load took {bytes} bytes over the wire, heads included, in {files} files");
        if bytes > 0.0 && bytes <= most { Ok(()) } else { Err(format!("{bytes} bytes")) }
    }

    /// What every visit is held to.
    async fn held(&self, row: &Value) -> Result<(), String> {
        let foreign = row["steps"].as_array().into_iter().flatten().any(|step| step.get("foreign").is_some());
        for m in self.seen.iter().filter(|m| m["method"] == "Network.requestWillBeSent") {
            let url = m["params"]["request"]["url"].as_str().unwrap_or_default();
            let own = url.starts_with(&self.site.own) || foreign && url.starts_with(&self.site.foreign);
            // The empty page that a session begins with, and icons that are no request.
            if !own && !url.starts_with("data:") && !url.starts_with("about:") && !url.starts_with("chrome") {
                return Err(format!("something was asked of {url}"));
            }
        }
        let wrong: Vec<String> =
            self.page.log("browser").await?.iter().map(|line| line["message"].to_string()).collect();
        // A refusal that a row looks for is logged by the browser, too.
        let wrong: Vec<&String> = wrong.iter().filter(|line| !line.contains("status of 422")).collect();
        if wrong.is_empty() { Ok(()) } else { Err(format!("the browser's console: {wrong:?}")) }
    }
}
