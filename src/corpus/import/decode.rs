//! Bytes to text: UTF-8, UTF-16 with a byte order mark, or GB18030 (with GBK and GB2312 inside it).

use encoding_rs::{Encoding, GB18030};

/// The text of a file, byte order mark removed; `Err` says in Chinese why the bytes are not text.
pub fn decode(bytes: &[u8]) -> Result<String, &'static str> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        let text = encoding.decode_without_bom_handling_and_without_replacement(&bytes[mark..]);
        return text.map(|t| t.into_owned()).ok_or("文件开头标明了编码,内容却不合该编码,请另存为 UTF-8");
    }
    if bytes.contains(&0) {
        return Err("不是文本文件(含有二进制内容)");
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(text.to_owned());
    }
    let text = GB18030.decode_without_bom_handling_and_without_replacement(bytes);
    text.map(|t| t.into_owned()).ok_or("既不是 UTF-8 也不是 GB18030 编码,请另存为 UTF-8")
}
