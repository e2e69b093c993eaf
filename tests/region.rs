//! Places: the order in which values are looked for, from the county to the nation.

use yiwen::region::RegionCode;

/// A code and its chain.
const CHAINS: &[(&str, &[&str])] = &[
    ("000000", &["000000"]),
    ("440000", &["440000", "000000"]),
    ("440300", &["440300", "440000", "000000"]),
    ("440305", &["440305", "440300", "440000", "000000"]),
    ("320583", &["320583", "320500", "320000", "000000"]),
    // No prefecture stands above a county that the province administers itself.
    ("429004", &["429004", "420000", "000000"]),
    ("659001", &["659001", "650000", "000000"]),
    // A municipality is one pool: its districts fall to it.
    ("110000", &["110000", "000000"]),
    ("110105", &["110105", "110000", "000000"]),
    ("500233", &["500233", "500000", "000000"]),
];

#[test]
fn county_falls_to_prefecture_then_province_then_nation() {
    for (code, want) in CHAINS {
        let got: Vec<String> = RegionCode::parse(code).unwrap().chain().map(|c| c.to_string()).collect();
        assert_eq!(&got, want, "chain of {code}");
    }
}

#[test]
fn only_six_digits_are_a_code() {
    for text in ["", "44030", "4403000", "44030a", "四四零三零零", "-40300"] {
        assert_eq!(RegionCode::parse(text), None, "{text:?}");
    }
}
