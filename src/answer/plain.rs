//! The answer for places that show no Markdown and take few bytes.

/// Markdown without its marks, cut on a character so that it and `more` fit into `bytes`. `more` is added where something
/// was cut off.
pub fn fit(markdown: &str, bytes: usize, more: &str) -> String {
    let plain = markdown.replace("**", "");
    let plain = plain.trim_end();
    if plain.len() <= bytes {
        return plain.to_owned();
    }
    let room = bytes.saturating_sub(more.len());
    let start = &plain[..plain.floor_char_boundary(room)];
    format!("{}{more}", start.trim_end())
}

#[cfg(test)]
mod tests {
    use super::fit;

    #[test]
    fn cuts_on_a_character() {
        for bytes in 6..40 {
            let text = fit("**补缴**三个月,共四千八百元", bytes, "…");
            assert!(text.len() <= bytes && !text.contains('*'), "{bytes}: {text}");
        }
        assert_eq!(fit("**补缴**\n", 6, "…"), "补缴");
    }
}
