//! The static files: compiled in, compressed once, and named by their content.
//!
//! `/scripts/<version>/<file>` and `/styles/<version>/<file>` may be kept for a year, because the version changes with
//! any of the files; modules import one another by relative names and so stay in one version. Under any other version
//! (`current`, or that of a page from before an upgrade) the same file is served to be asked for again. `/widget.js` has a
//! name that others write into their pages, so it is always asked for again, by its strong entity tag.

use std::io::Write;
use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

use crate::http::problem::{Kind, Problem};

struct File {
    name: &'static str,
    text: &'static str,
}

macro_rules! files {
    ($($name:literal)*) => { &[$(File { name: $name, text: include_str!(concat!("static/", $name)) }),*] };
}

const STYLES: &[File] = files!["colours.css" "controls.css" "style.css" "card.css" "widget.css"];
const SCRIPTS: &[File] = files![
    "early.js" "page.js" "card.js" "opinion.js" "service.js" "suggest.js" "recent.js" "kept.js" "preferences.js"
    "widget.js" "widget-element.js"
];

/// Media type of styles.
const CSS: &str = "text/css; charset=utf-8";
/// Media type of scripts.
const JS: &str = "text/javascript; charset=utf-8";

/// What the page's script imports, so that the browser need not find out one after the other.
pub const MODULES: &[&str] =
    &["service.js", "card.js", "opinion.js", "suggest.js", "recent.js", "preferences.js", "kept.js"];

/// A file ready to send.
struct Ready {
    file: &'static File,
    media: &'static str,
    gzip: Vec<u8>,
    /// Hash of the content.
    hash: String,
}

static READY: LazyLock<Vec<Ready>> = LazyLock::new(|| {
    let styles = STYLES.iter().map(|file| Ready::of(file, CSS));
    styles.chain(SCRIPTS.iter().map(|file| Ready::of(file, JS))).collect()
});
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let all: String = READY.iter().map(|ready| ready.hash.as_str()).collect();
    hash(all.as_bytes())
});

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(8).map(|b| format!("{b:02x}")).collect()
}

impl Ready {
    fn of(file: &'static File, media: &'static str) -> Ready {
        let mut encoder = GzEncoder::new(vec![], Compression::best());
        // Writing to memory cannot fail; an empty result would be seen by the page's tests.
        let gzip = encoder.write_all(file.text.as_bytes()).and_then(|()| encoder.finish()).unwrap_or_default();
        Ready { file, media, gzip, hash: hash(file.text.as_bytes()) }
    }

    fn response(&'static self, request: &HeaderMap, keep: &'static str) -> Response {
        let mentions = |name: header::HeaderName, what: &str| {
            request.get_all(name).iter().any(|v| v.to_str().is_ok_and(|text| text.contains(what)))
        };
        let packed = mentions(header::ACCEPT_ENCODING, "gzip");
        // The two encodings are two sequences of bytes, so each has its tag.
        let tag = format!("\"{}{}\"", self.hash, if packed { "-gzip" } else { "" });
        let known = mentions(header::IF_NONE_MATCH, &tag);
        let mut response = match (known, packed) {
            (true, _) => StatusCode::NOT_MODIFIED.into_response(),
            (false, true) => self.gzip.as_slice().into_response(),
            (false, false) => self.file.text.into_response(),
        };
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.media));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        if packed && !known {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        if let Ok(tag) = HeaderValue::from_str(&tag) {
            headers.insert(header::ETAG, tag);
        }
        response
    }
}

/// The hash over all files.
pub fn version() -> &'static str {
    &VERSION
}

/// `/styles/{version}/{file}`.
pub async fn style(Path((version, name)): Path<(String, String)>, headers: HeaderMap) -> Result<Response, Problem> {
    serve(CSS, &version, &name, &headers)
}

/// `/scripts/{version}/{file}`.
pub async fn script(Path((version, name)): Path<(String, String)>, headers: HeaderMap) -> Result<Response, Problem> {
    serve(JS, &version, &name, &headers)
}

/// `/widget.js`.
pub async fn widget(headers: HeaderMap) -> Result<Response, Problem> {
    serve(JS, "", "widget.js", &headers)
}

fn serve(media: &str, asked: &str, name: &str, headers: &HeaderMap) -> Result<Response, Problem> {
    let keep = if asked == version() { "public, max-age=31536000, immutable" } else { "no-cache" };
    let ready = READY.iter().find(|ready| ready.file.name == name && ready.media == media);
    let ready = ready.ok_or_else(|| Problem::new(Kind::UnknownRoute, "没有这个文件;网页见 /"))?;
    Ok(ready.response(headers, keep))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_tag_is_not_sent_again() {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip, br"));
        let first = serve(JS, version(), "page.js", &headers).unwrap();
        assert!(first.headers()[header::CACHE_CONTROL].to_str().unwrap().contains("immutable"));
        headers.insert(header::IF_NONE_MATCH, first.headers()[header::ETAG].clone());
        let again = serve(JS, version(), "page.js", &headers).unwrap();
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        // Not packed it is another sequence of bytes.
        headers.remove(header::ACCEPT_ENCODING);
        assert_eq!(serve(JS, version(), "page.js", &headers).unwrap().status(), StatusCode::OK);
    }
}
