//! Writing HTML: everything that is text is escaped by its type, [`Safe`]; tags are literals of this folder.

use std::fmt::{self, Display, Write};

/// Text that is safe between tags and in quoted attributes.
pub struct Safe<T>(pub T);

impl<T: Display> Display for Safe<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Escaping(f), "{}", self.0)
    }
}

struct Escaping<'a, 'f>(&'a mut fmt::Formatter<'f>);

impl Write for Escaping<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|c| match c {
            '&' => self.0.write_str("&amp;"),
            '<' => self.0.write_str("&lt;"),
            '>' => self.0.write_str("&gt;"),
            '"' => self.0.write_str("&quot;"),
            '\'' => self.0.write_str("&#39;"),
            _ => self.0.write_char(c),
        })
    }
}

/// Appends formatted HTML; writing to a `String` cannot fail.
macro_rules! put {
    ($out:expr, $($format:tt)*) => {{
        use std::fmt::Write as _;
        let _ = write!($out, $($format)*);
    }};
}
pub(super) use put;

/// A link that takes nothing along; plain text where there is no web address.
pub fn linked(text: &str, url: Option<&str>) -> String {
    match url.filter(|u| u.starts_with("https://") || u.starts_with("http://")) {
        Some(url) => format!("<a href=\"{}\" rel=\"noreferrer noopener\">{}</a>", Safe(url), Safe(text)),
        None => Safe(text).to_string(),
    }
}

/// Percent-encoded for a query string.
pub fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_') {
            out.push(char::from(byte));
        } else {
            put!(out, "%{byte:02X}");
        }
    }
    out
}

/// Begins a table with these columns; `</tbody></table>` ends it.
pub fn table(out: &mut String, class: &str, columns: &[&str]) {
    put!(out, "<table class=\"{class}\"><thead><tr>");
    for column in columns {
        put!(out, "<th scope=\"col\">{}</th>", Safe(column));
    }
    out.push_str("</tr></thead><tbody>");
}

/// Begins a part that may be wider than the page and then scrolls by itself; `</div>` ends it.
pub fn scroll(out: &mut String, label: &str) {
    put!(out, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{}\">", Safe(label));
}

/// A date as people write it; what is no date stays as it is.
pub fn day(iso: &str) -> String {
    match iso.parse::<jiff::civil::Date>() {
        Ok(date) => format!("{}年{}月{}日", date.year(), date.month(), date.day()),
        Err(_) => iso.to_owned(),
    }
}

/// Digits in groups of three, as long figures are read: `33633.00` → `33,633`; `.00` is left out.
pub fn grouped(number: &str) -> String {
    let (sign, digits) = number.strip_prefix('-').map_or(("", number), |rest| ("-", rest));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let mut out = sign.to_owned();
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if !part.is_empty() && part.chars().any(|c| c != '0') {
        put!(out, ".{part}");
    }
    out
}

/// Sums of money inside a sentence in groups of three: 8000.00 元 → 8,000 元; other numbers stay.
pub fn money_grouped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let length = rest[start..].find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len() - start);
        let (number, after) = (&rest[start..start + length], &rest[start + length..]);
        out.push_str(&rest[..start]);
        let money = after.trim_start().starts_with('元') || number.split_once('.').is_some_and(|(_, p)| p.len() == 2);
        let plain = number.matches('.').count() <= 1 && !number.ends_with('.');
        out.push_str(&if money && plain { grouped(number) } else { number.to_owned() });
        rest = after;
    }
    out.push_str(rest);
    out
}

/// A sentence as people write it: sums of money in groups, days as 2026年10月16日.
pub fn said(text: &str) -> String {
    const ISO: usize = "2026-10-16".len();
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let iso = rest.get(start..start + ISO).filter(|iso| iso.parse::<jiff::civil::Date>().is_ok());
        let length = match iso {
            Some(_) => ISO,
            None => rest[start..].find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len() - start),
        };
        out.push_str(&rest[..start]);
        match iso {
            Some(iso) => out.push_str(&day(iso)),
            None => out.push_str(&rest[start..start + length]),
        }
        rest = &rest[start + length..];
    }
    out.push_str(rest);
    money_grouped(&out)
}

#[cfg(test)]
mod tests {
    use super::{Safe, encoded, grouped, linked, money_grouped, said};

    #[test]
    fn text_is_escaped() {
        assert_eq!(Safe("<b title=\"x\">'&'").to_string(), "&lt;b title=&quot;x&quot;&gt;&#39;&amp;&#39;");
        assert_eq!(linked("<i>", Some("javascript:alert(1)")), "&lt;i&gt;");
        assert_eq!(encoded("断 &=#"), "%E6%96%AD%20%26%3D%23");
    }

    #[test]
    fn figures_are_grouped() {
        for (from, to) in [("33633.00", "33,633"), ("1234567.80", "1,234,567.80"), ("-800", "-800"), ("0.05", "0.05")] {
            assert_eq!(grouped(from), to);
        }
        let line = "4 个月 × 8000.00 元 × (6% + 2%),2026-11-23 的基数 6727~33633,约 12345.5 元。";
        assert_eq!(said("转出最晚 2026-10-16,共 3200.00 元"), "转出最晚 2026年10月16日,共 3,200 元");
        assert_eq!(money_grouped(line), "4 个月 × 8,000 元 × (6% + 2%),2026-11-23 的基数 6727~33633,约 12,345.5 元。");
    }
}
