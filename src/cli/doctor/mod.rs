//! `yiwen doctor [URL]`: sends the running service what each platform sends, and says what would fail there.

mod client;
mod probes;

use anyhow::{Context, Result};
use clap::Args;
use serde::Serialize;

use super::{Exit, print_json, print_line};
use crate::config::Config;
use client::Client;
use probes::Probe;

#[derive(Args)]
pub struct Arguments {
    /// 服务的网址;默认按设置里的监听地址
    url: Option<String>,
    /// 读取用的密钥
    #[arg(long, env = "YIWEN_KEY", hide_env_values = true)]
    key: Option<String>,
    /// 只输出一份 JSON
    #[arg(long)]
    json: bool,
}

/// How one probe went.
#[derive(Serialize)]
struct Finding {
    platform: &'static str,
    when: &'static str,
    ok: bool,
    /// A remark, or what would fail and how to mend it.
    detail: String,
}

pub fn run(config: &Config, arguments: &Arguments) -> Result<Exit> {
    let url = arguments.url.clone().unwrap_or_else(|| super::serve::local(config.listen));
    let client = Client::new(&url)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("起不了异步运行时")?;
    let probes = probes::all(config.wechat.as_ref());
    let findings = runtime.block_on(async {
        let mut findings = vec![];
        for probe in &probes {
            findings.push(examine(&client, probe, arguments.key.as_deref()).await?);
        }
        anyhow::Ok(findings)
    })?;
    let failed = findings.iter().filter(|f| !f.ok).count();
    if arguments.json {
        print_json(&findings)?;
    } else {
        for finding in &findings {
            let mark = if finding.ok { "✓" } else { "✗" };
            let detail = if finding.detail.is_empty() { String::new() } else { format!(":{}", finding.detail) };
            print_line(&format!("{mark} {} {}{detail}", finding.platform, finding.when))?;
        }
        print_line(&format!("{url}:{} 项,{failed} 项会失败", findings.len()))?;
    }
    Ok(if failed == 0 { Exit::Done } else { Exit::Negative })
}

async fn examine(client: &Client, probe: &Probe, key: Option<&str>) -> Result<Finding> {
    let mut headers: Vec<(String, String)> =
        probe.headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    if let Some(key) = key.filter(|_| probe.key) {
        headers.push(("authorization".to_owned(), format!("Bearer {key}")));
    }
    let body = probe.body.as_ref().map(ToString::to_string).unwrap_or_default();
    if !body.is_empty() {
        headers.push(("content-type".to_owned(), "application/json".to_owned()));
    }
    let reply = client.send(probe.method, &probe.path, &headers, body).await?;
    let (ok, detail) = match (probe.judge)(&reply) {
        Ok(remark) => (true, remark.to_owned()),
        Err(failure) => (false, failure),
    };
    Ok(Finding { platform: probe.platform, when: probe.when, ok, detail })
}
