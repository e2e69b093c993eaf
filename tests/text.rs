//! Folding: pairs of text and reading, and the laws that hold for any text.

use proptest::prelude::*;
use yiwen::text::Folded;

#[test]
fn folds_what_people_type() {
    for (text, folded) in [
        ("醫保餘額轉移", "医保余额转移"),
        ("５５００元，１２％", "5500元,12%"),
        ("想补回5️⃣个月", "想补回5个月"),
        ("ＡＢＣ　ｄ", "abc d"),
        ("二〇二五年", "二零二五年"),
        ("👶广州的娃", " 广州的娃"),
        ("濟南參保了也沒欠費", "济南参保了也没欠费"),
        ("乾隆年間", "乾隆年间"),
    ] {
        assert_eq!(Folded::new(text).text(), folded, "{text}");
    }
}

#[test]
fn spans_point_into_the_original() {
    let folded = Folded::new("断了5️⃣个月😱工资");
    let wage = folded.text().chars().position(|c| c == '工').unwrap();
    assert_eq!(folded.origin(wage..wage + 2), (8, 10));
    let corrected = Folded::new("夸省转移").replaced(0..2, "跨省");
    assert_eq!(corrected.text(), "跨省转移");
    assert_eq!(corrected.origin(0..2), (0, 2));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn folding_is_idempotent_and_in_bounds(text in "\\PC{0,60}") {
        let folded = Folded::new(&text);
        let again = Folded::new(folded.text());
        prop_assert_eq!(again.text(), folded.text());
        let length = text.chars().count();
        for i in 0..folded.chars().len() {
            let (start, end) = folded.origin(i..i + 1);
            prop_assert!(start < end && end <= length);
        }
    }
}
