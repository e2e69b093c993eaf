//! `yiwen serve`: the HTTP service.

use std::io::IsTerminal;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use anyhow::{Context, Result, bail};
use clap::Args;
use tokio::sync::watch;
use tracing_subscriber::EnvFilter;

use super::index::progress_bar;
use super::{Exit, print_line};
use crate::config::Config;
use crate::gaps::Recorder;
use crate::http::rebuild::{self, Fault};
use crate::http::serve::{self, Loaded};
use crate::http::{self, App, Options, doors};

#[derive(Args)]
pub struct Arguments {
    /// 监听的地址和端口;默认 127.0.0.1:8080
    #[arg(long, value_name = "ADDR:PORT")]
    pub listen: Option<String>,
    /// 没有密钥也在本机以外的地址上服务:谁都可以问
    #[arg(long)]
    pub insecure: bool,
    /// 语料文件存盘后自动重建索引并换上
    #[arg(long)]
    pub watch: bool,
}

pub fn run(config: &Config) -> Result<Exit> {
    if !config.listen.ip().is_loopback() && !config.keys.lock_reading() && !config.insecure {
        bail!(
            "{} 不是本机地址,又没有读取密钥(设置文件里的 [[keys]],scopes 含 read):这样谁都可以问。\
             请设密钥,或只在 127.0.0.1 上监听;确实要敞开,加 --insecure",
            config.listen
        );
    }
    log(config);
    serve::raise_open_files();
    // A panic's message may quote a question: only the place is logged.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "panic at {place}");
    }));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("起不了异步运行时")?;
    let ended = runtime.block_on(service(config));
    // A rebuild that still runs is left behind: its unfinished generation is never put in use.
    runtime.shutdown_background();
    ended
}

/// What the settings tell the service.
pub fn options(config: &Config) -> Options {
    Options {
        corpus: config.corpus.clone(),
        index: config.index.clone(),
        keys: config.keys.clone(),
        public_url: config.public_url.clone(),
        wechat: config.wechat.clone(),
        request_timeout: config.request_timeout,
        access: config.access.clone(),
        answer_cache: config.answer_cache,
        limits: config.limits.clone(),
        gaps: recorder(config),
        log_questions: config.log_questions,
    }
}

/// The recorder of gaps and feedback. A file that cannot be used is no reason to leave questions unanswered.
fn recorder(config: &Config) -> Option<Recorder> {
    if !config.gaps {
        return None;
    }
    match Recorder::open(&config.gaps_file, config.gaps_limits) {
        Ok(recorder) => Some(recorder),
        Err(error) => {
            tracing::error!("{error}");
            eprintln!("警告:{error};没有答好的问题和评价都不会记录(不想记录的,把设置 gaps 设为 false)");
            None
        }
    }
}

/// The address as this machine reaches it.
pub fn local(address: SocketAddr) -> String {
    let loopback = match address.ip() {
        ip if !ip.is_unspecified() => ip,
        IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    };
    format!("http://{}", SocketAddr::new(loopback, address.port()))
}

async fn service(config: &Config) -> Result<Exit> {
    let app = App::new(options(config));
    let listener = serve::bind(config.listen)
        .await
        .with_context(|| format!("{} 监听不了;端口被占用时用 --listen 换一个", config.listen))?;
    let address = listener.local_addr().unwrap_or(config.listen);
    let (stop, stopped) = watch::channel(false);
    // Probes are answered while the index is being read or built.
    let router = http::router(app.clone());
    let accepting = tokio::spawn(serve::accept(listener, app.clone(), router, stopped, config.shutdown_timeout));
    let mut signals = tokio::spawn(serve::signals(app.clone()));

    let loading = app.clone();
    let loaded = tokio::task::spawn_blocking(move || {
        let bar = progress_bar("建索引");
        let loaded = serve::load(&loading, &|done, total| {
            bar.set_length(total);
            bar.set_position(done);
        });
        bar.finish_and_clear();
        loaded
    });
    let loaded = tokio::select! {
        loaded = loaded => loaded.context("读入索引时程序出错")?,
        _ = &mut signals => return Ok(Exit::Done),
    };
    match loaded {
        Loaded::Fresh => {}
        Loaded::Old(faults) => {
            tell(&faults);
            eprintln!("警告:现在的语料有 {} 处问题,服务用的是上一份完好的索引;改好后发 SIGHUP 重建", faults.len());
        }
        Loaded::Nothing(faults) => {
            tell(&faults);
            anyhow::bail!("语料有 {} 处问题,也没有可用的索引,服务起不来", faults.len());
        }
    }
    rebuild::resume(&app);
    if config.watch {
        tokio::spawn(http::watch::watch(app.clone()));
    }
    let base = config.public_url.clone().unwrap_or_else(|| local(address));
    let hints = doors::hints(&base, config.keys.lock_reading(), config.wechat.is_some());
    print_line(&format!(
        "医问已就绪:http://{address}\n接入各平台时粘贴:\n{hints}\n检查能否接通:yiwen doctor {}",
        local(address)
    ))?;
    signals.await.context("信号处理出错")?.context("收不到信号")?;
    app.stop();
    let ending = async {
        // Whoever sends us requests sees by then that they should go elsewhere.
        tokio::time::sleep(config.shutdown_delay).await;
        let _ = stop.send(true);
        accepting.await.context("停止服务时出错")
    };
    tokio::select! {
        ended = ending => ended?,
        // Whoever asks twice wants no more patience.
        _ = serve::signals(app.clone()) => {}
    }
    if let Some(gaps) = app.gaps.clone() {
        tokio::task::spawn_blocking(move || gaps.close()).await.context("停止服务时出错")?;
    }
    Ok(Exit::Done)
}

fn tell(faults: &[Fault]) {
    for fault in faults {
        eprintln!("{}", fault.text());
    }
}

/// Logs go to stderr: lines for people on a terminal, JSON elsewhere.
pub fn log(config: &Config) {
    let filter = EnvFilter::new(format!("warn,yiwen={}", config.log));
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    // A second subscriber in one process is only ever a test's.
    let _ = if std::io::stderr().is_terminal() {
        subscriber.compact().try_init()
    } else {
        subscriber.json().flatten_event(true).try_init()
    };
}
