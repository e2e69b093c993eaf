//! One request to the service that is being examined: plain HTTP, nothing of the environment's proxies.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{HeaderMap, Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// A service that says nothing for so long is taken for dead.
const PATIENCE: Duration = Duration::from_secs(10);

/// An answer, read whole.
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Reply {
    /// The body as JSON; `null` where it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or("")
    }
}

/// The service: where it is and the path in front of every address.
pub struct Client {
    authority: String,
    prefix: String,
}

impl Client {
    /// `url` as it would be pasted, without the paths of the platforms.
    ///
    /// # Errors
    /// Anything but `http://host[:port][/prefix]`.
    pub fn new(url: &str) -> Result<Client> {
        let uri: Uri = url.parse().with_context(|| format!("“{url}”不是网址;应形如 http://127.0.0.1:8080"))?;
        if uri.scheme_str() != Some("http") {
            bail!("“{url}”不是 http:// 开头的网址;加密的网址请在服务器上用 http://127.0.0.1:端口 检查");
        }
        let host = uri.host().with_context(|| format!("“{url}”里没有主机名"))?;
        let authority = format!("{host}:{}", uri.port_u16().unwrap_or(80));
        Ok(Client { authority, prefix: uri.path().trim_end_matches('/').to_owned() })
    }

    /// Sends one request and reads the answer.
    pub async fn send(&self, method: &str, path: &str, headers: &[(String, String)], body: String) -> Result<Reply> {
        tokio::time::timeout(PATIENCE, self.exchange(method, path, headers, body))
            .await
            .with_context(|| format!("{} 秒内没有答复", PATIENCE.as_secs()))?
    }

    async fn exchange(&self, method: &str, path: &str, headers: &[(String, String)], body: String) -> Result<Reply> {
        let stream = TcpStream::connect(&self.authority)
            .await
            .with_context(|| format!("连不上 {};请先运行 yiwen serve,或核对地址和端口", self.authority))?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let driver = tokio::spawn(connection);
        let target = format!("{}{path}", self.prefix);
        let mut request = Request::builder().method(method).uri(target).header("host", &self.authority);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let response = sender.send_request(request.body(Full::new(Bytes::from(body)))?).await?;
        let (parts, body) = response.into_parts();
        let text = String::from_utf8_lossy(&body.collect().await?.to_bytes()).into_owned();
        driver.abort();
        Ok(Reply { status: parts.status, headers: parts.headers, text })
    }
}
