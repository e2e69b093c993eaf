//! `/widget`: how to put the search box and the answer into another site, with a working example.

use axum::http::StatusCode;
use axum::response::Response;

use super::shell::{self, Section};

const PAGE: &str = r#"<h1>放进别的网站</h1>
<section class="card prose">
<p>在网页里写这两行,就有提问框和答复;样式自成一体,不与网页相互影响:</p>
<pre tabindex="0"><code>&lt;script src="https://服务的地址/widget.js" async&gt;&lt;/script&gt;
&lt;yiwen-ask region="深圳市"&gt;&lt;/yiwen-ask&gt;</code></pre>
<p><code>region</code> 是默认的参保地,可以不写;服务设了密钥时,写 <code>key="…"</code>(这个密钥看网页的人都看得到,请单独建一个)。网页若有 Content-Security-Policy,在 <code>script-src</code> 和 <code>connect-src</code> 里加上服务的地址。</p>
</section>
<h2>样例</h2>
<yiwen-ask region="深圳市"><p>要用这个提问框,请开启 JavaScript,或直接<a href="/">去提问</a>。</p></yiwen-ask>
<script src="/widget.js" async></script>
"#;

/// `GET /widget`.
pub async fn demo() -> Response {
    shell::page(StatusCode::OK, Section::Ask, "放进别的网站", PAGE)
}
