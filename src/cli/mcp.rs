//! `yiwen mcp`: the Model Context Protocol over standard input and output, for clients that start it themselves.

use anyhow::{Context, Result};
use rmcp::ServiceExt;

use super::Exit;
use super::serve::{log, options};
use crate::config::Config;
use crate::http::doors::mcp::Tools;
use crate::http::{App, Live};

/// Serves until the client closes the input. Nothing but messages goes to stdout.
pub fn run(config: &Config) -> Result<Exit> {
    log(config);
    let app = App::new(options(config));
    app.put_in_use(Live::open(&config.index, &config.access)?);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("起不了异步运行时")?;
    runtime.block_on(async {
        let service = Tools::new(app.clone()).serve(rmcp::transport::stdio()).await.context("客户端没有按 MCP 开始")?;
        service.waiting().await.context("MCP 中断")
    })?;
    if let Some(gaps) = &app.gaps {
        gaps.close();
    }
    Ok(Exit::Done)
}
