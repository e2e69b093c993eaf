//! Cutting a text at its headings: rows, and the laws that hold for any text.

use proptest::prelude::*;
use serde_json::{Value, json};
use yiwen::corpus::sections::sections;

#[test]
fn headings_are_found() {
    for row in super::rows("sections.jsonl") {
        let text = super::text(&row, "text");
        let got: Vec<Value> = sections(text)
            .iter()
            .filter(|s| !s.is_bare(text))
            .map(|s| json!([s.headings(text), text[s.body.clone()].trim()]))
            .collect();
        let wanted = row["sections"].as_array().unwrap();
        assert_eq!(got.len(), wanted.len(), "{}: {got:#?}", row["name"]);
        for (got, wanted) in got.iter().zip(wanted) {
            assert_eq!(got[0], wanted[0], "{}", row["name"]);
            assert!(got[1].as_str().unwrap().starts_with(wanted[1].as_str().unwrap()), "{}: {got}", row["name"]);
        }
    }
}

/// Whatever the text: sections in order, end to end, on character boundaries, headings inside their own spans.
fn lawful(text: &str) {
    let all = sections(text);
    let mut end = 0;
    for section in &all {
        assert_eq!(section.span.start, end);
        assert!(section.span.end > section.span.start);
        end = section.span.end;
        assert_eq!(section.body.end, section.span.end);
        match &section.heading {
            Some(heading) => {
                assert!(section.span.start <= heading.start && heading.end <= section.body.start);
                assert!(!text[heading.clone()].trim().is_empty());
            }
            None => assert_eq!(section.body, section.span),
        }
        assert!(section.trail.iter().all(|t| t.end <= section.span.start && !text[t.clone()].is_empty()));
        let _ = &text[section.body.clone()];
    }
    assert_eq!(end, text.len());
    let joined: String = all.iter().map(|s| &text[s.span.clone()]).collect();
    assert_eq!(joined, text);
    assert!(text.trim().is_empty() || all.iter().any(|s| !s.is_bare(text)));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_cut_lawfully(text in "\\PC{0,80}") {
        lawful(&text);
    }

    #[test]
    fn any_page_is_cut_lawfully(
        lines in proptest::collection::vec(
            "[一三]、[停办]保[:：]?|1[.、]参保[:：。]?|  2[.、] ?[办理材]{1,4}|\\([1一]\\)甲:?|①乙|#{1,3} 丙|怎么办[?？]|单位补缴|线上办理:|流程:|标签:正文[,。]|长句,但有例外:可取的情形|正文。|```|\r| |", 0..14),
        ending in "\n|\r\n|\n\n",
    ) {
        lawful(&lines.join(&ending));
    }

    #[test]
    fn any_file_is_imported_without_a_panic(
        lines in proptest::collection::vec(
            "\\PC{0,20}|相关推荐|健康新闻 2025-0[1-9]-[0-3][0-9].{0,3}|2025-06-04 09:12:25社保网|题目 2025-06-04 06:5[0-9]医保知识( 题目 2025-06-04 06:58医保知识.{0,3})?|深圳医保怎么办?|一、办理|小编一起了解。|", 0..14),
        ending in "\n|\r\n|\n\n",
        kind in "txt|md|csv|jsonl",
    ) {
        let (folder, into) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let path = folder.path().join(format!("page.{kind}"));
        std::fs::write(&path, lines.join(&ending)).unwrap();
        let report = super::import(std::slice::from_ref(&path), into.path());
        let read = super::articles(into.path());
        prop_assert_eq!(read.len(), report.total(|f| f.written));
        let again = super::import(&[path], into.path());
        prop_assert_eq!(again.total(|f| f.written), 0);
        prop_assert_eq!(again.new_questions, 0);
    }
}
