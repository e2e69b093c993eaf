//! Import, from crawled pages and tables to articles that the corpus reader takes.
//!
//! `seeds/` holds five crawled pages as they came; `articles.jsonl` what they must give, `passages.jsonl` words that one
//! section must hold, `sections.jsonl` texts with their headings, `tables.jsonl` small files with what becomes of them.

#[path = "../common/mod.rs"]
mod common;
mod office;
mod sections;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use serde_json::Value;
use yiwen::corpus::article::{self, Article};
use yiwen::corpus::import::{Options, QUESTIONS_FILE, Report, run};
use yiwen::corpus::load::TOPICS;
use yiwen::region::Regions;

static REGIONS: LazyLock<Regions> = LazyLock::new(|| {
    let text = std::fs::read_to_string(common::corpus().join("vocabulary/regions.csv")).unwrap();
    Regions::new(yiwen::corpus::regions::read("regions.csv", &text).0)
});

fn import(paths: &[PathBuf], into: &Path) -> Report {
    import_on(paths, into, "2026-11-23", false)
}

fn import_on(paths: &[PathBuf], into: &Path, day: &str, force: bool) -> Report {
    run(
        paths,
        into,
        &Options { regions: &REGIONS, today: day.parse().unwrap(), force, dry_run: false, progress: &|_, _| {} },
    )
}

fn seeds() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(common::root().join("tests/import/seeds")).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    files
}

/// Every file below a folder by its path there.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                found.insert(name, std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    found
}

/// Every article below a folder that stands for `articles/`, each read without a problem.
fn articles(folder: &Path) -> BTreeMap<String, Article> {
    files(folder)
        .into_iter()
        .filter(|(name, _)| name.ends_with(".md"))
        .map(|(name, text)| {
            let (article, problems) = article::read(&format!("articles/{name}"), &text, &REGIONS, TOPICS);
            assert!(problems.is_empty(), "{problems:#?}");
            let article = article.unwrap();
            (article.id.clone(), article)
        })
        .collect()
}

fn rows(name: &str) -> Vec<Value> {
    common::rows_of(&common::root().join("tests/import").join(name)).into_iter().map(|r| r.json).collect()
}

fn text<'v>(row: &'v Value, key: &str) -> &'v str {
    row[key].as_str().unwrap_or_default()
}

#[test]
fn the_pages_give_these_articles_and_no_others() {
    let into = tempfile::tempdir().unwrap();
    let report = import(&seeds(), into.path());
    assert_eq!(report.exit_status(), 0, "{report}");
    let mut got = articles(into.path());
    for row in rows("articles.jsonl") {
        let id = text(&row, "id");
        let article = got.remove(id).unwrap_or_else(|| panic!("{id} is not there"));
        assert_eq!(article.title, text(&row, "title"), "{id}");
        assert_eq!(article.region.to_string(), text(&row, "region"), "{id}");
        assert_eq!(article.topics[0], text(&row, "topic"), "{id}");
        assert_eq!(article.published.map(|d| d.to_string()).unwrap_or_default(), text(&row, "published"), "{id}");
        assert_eq!(article.truncated, row["truncated"] == true, "{id}");
        assert_eq!(article.source.document.unwrap_or_default(), text(&row, "document"), "{id}");
        let more: Vec<&str> = row["questions"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        assert_eq!(article.questions[0], article.title, "{id}");
        assert_eq!(article.questions[1..], more, "{id}");
    }
    assert!(got.is_empty(), "unexpected: {:?}", got.keys());
}

#[test]
fn each_file_is_counted() {
    let into = tempfile::tempdir().unwrap();
    let report = import(&seeds(), into.path());
    let counts: Vec<_> = report.files.iter().map(|f| (f.articles, f.teasers, f.questions, f.dropped)).collect();
    assert_eq!(counts, [(1, 20, 0, 2), (1, 20, 0, 2), (2, 0, 23, 3), (3, 0, 23, 3), (3, 0, 23, 3)]);
    let [pair] = report.near_duplicates.as_slice() else { panic!("{:?}", report.near_duplicates) };
    assert!(pair.one.contains("dong-guan") && pair.other.contains("bei-jing"), "{pair:?}");
}

#[test]
fn the_text_is_the_pages_own_lines_without_boilerplate() {
    let into = tempfile::tempdir().unwrap();
    import(&seeds(), into.path());
    let pages: String = seeds().iter().map(|p| std::fs::read_to_string(p).unwrap() + "\n").collect();
    let mut kept = String::new();
    for article in articles(into.path()).values() {
        for line in article.text.lines().filter(|l| !l.is_empty()) {
            // One sentence is cut out of a line; what is left begins a line of the page.
            assert!(pages.lines().any(|l| l.starts_with(line)), "{}: {line}", article.id);
        }
        kept.push_str(&article.title);
        kept.push_str(&article.source.title);
        kept.push_str(&article.text);
        for word in ["小编", "面诊", "温馨提示", "网声明", "相关推荐", "备注:"] {
            assert!(!article.text.contains(word), "{}: {word}", article.id);
        }
    }
    let lost: Vec<&str> = pages.lines().filter(|l| !l.is_empty() && !kept.contains(l)).collect();
    let expected = |l: &&str| {
        [
            "小编",
            "面诊",
            "温馨提示",
            "声明",
            "相关推荐",
            "备注:",
            "医保知识",
            "健康新闻 ",
            ":29社保网",
            ":25社保网",
            ":23社保网",
        ]
        .iter()
        .any(|w| l.contains(w))
    };
    assert!(lost.iter().all(expected), "{lost:#?}");
}

#[test]
fn titles_without_a_text_are_only_questions() {
    let into = tempfile::tempdir().unwrap();
    import(&seeds(), into.path());
    let lines: Vec<Value> =
        files(into.path())[QUESTIONS_FILE].lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(lines.len(), 69);
    let has = |question: &str, date: &str| {
        lines.iter().any(|l| l["question"] == question && l["date"] == date && l["site"] == "社保网")
    };
    assert!(has("怎样查询医保里面的钱?这种查询方式看过来!(以南宁为例)", "2025-06-04"));
    assert!(has("金昌医保转移后,个人账户里的钱会跟着转移吗?", "2025-06-04"));
    assert!(has("退休人员社保医疗卡每月打多少钱?邯郸医保卡余额怎么查询?", "2025-05-31"));
    assert!(has("东莞我的医保个人账户余额可以给家人用吗?", "2025-08-24"));
}

#[test]
fn one_section_holds_what_a_question_must_find() {
    let into = tempfile::tempdir().unwrap();
    import(&seeds(), into.path());
    let articles = articles(into.path());
    let solid = |t: &str| t.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    for row in rows("passages.jsonl") {
        let (id, words) = (text(&row, "article"), solid(text(&row, "contains")));
        let body = &articles[id].text;
        let all = yiwen::corpus::sections::sections(body);
        let holding: Vec<_> =
            all.iter().filter(|s| !s.is_bare(body) && solid(&body[s.span.clone()]).contains(&words)).collect();
        assert!(!holding.is_empty(), "{} in {id}", row["id"]);
    }
}

#[test]
fn a_second_import_changes_nothing() {
    let into = tempfile::tempdir().unwrap();
    import(&seeds(), into.path());
    let first = files(into.path());
    let report = import_on(&seeds(), into.path(), "2030-01-01", false);
    assert_eq!((report.total(|f| f.written), report.total(|f| f.unchanged), report.new_questions), (0, 50, 0));
    let forced = import_on(&seeds(), into.path(), "2030-01-01", true);
    assert_eq!((forced.total(|f| f.written), forced.exit_status()), (0, 0));
    assert!(files(into.path()) == first);
    // One page at a time, backwards, gives the same folder.
    let other = tempfile::tempdir().unwrap();
    for page in seeds().into_iter().rev() {
        import(&[page], other.path());
    }
    assert!(files(other.path()) == first);
}

#[test]
fn an_edited_article_stays_unless_forced() {
    let into = tempfile::tempdir().unwrap();
    let first = import(&seeds(), into.path());
    let (name, before) = files(into.path()).into_iter().find(|(n, _)| n.ends_with(".md")).unwrap();
    let path = into.path().join(&name);
    std::fs::write(&path, before.replace("level = \"seed\"", "level = \"official\"")).unwrap();
    let report = import(&seeds(), into.path());
    assert_eq!(report.exit_status(), 1);
    assert!(report.problems[0].path.ends_with(&name) && report.problems[0].message.contains("--force"), "{report}");
    assert!(std::fs::read_to_string(&path).unwrap().contains("official"));
    // Another day of review is not an edit.
    let reviewed = before.lines().map(|l| if l.starts_with("reviewed_on") { "reviewed_on = 2026-10-01" } else { l });
    std::fs::write(&path, reviewed.map(|l| format!("{l}\n")).collect::<String>()).unwrap();
    assert_eq!(import(&seeds(), into.path()).exit_status(), 0);
    std::fs::write(&path, before.replace("正", "反") + "改\n").unwrap();
    let forced = import_on(&seeds(), into.path(), "2026-11-23", true);
    assert_eq!((forced.total(|f| f.written), forced.exit_status()), (1, 0), "{forced}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), before);
    assert_eq!(first.total(|f| f.written), 50);
}

#[test]
fn encodings_and_joined_files_give_the_same() {
    let (wanted, into, pages) =
        (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    import(&seeds(), wanted.path());
    let wanted = files(wanted.path());
    let texts: Vec<String> = seeds().iter().map(|p| std::fs::read_to_string(p).unwrap()).collect();
    let gb18030: Vec<Vec<u8>> = texts.iter().map(|t| encoding_rs::GB18030.encode(t).0.into_owned()).collect();
    let marked: Vec<Vec<u8>> = texts.iter().map(|t| format!("\u{feff}{t}").into_bytes()).collect();
    let utf16: Vec<Vec<u8>> = texts
        .iter()
        .map(|t| [0xfeff].into_iter().chain(t.encode_utf16()).flat_map(u16::to_le_bytes).collect())
        .collect();
    let joined = vec![texts.concat().into_bytes()];
    let apart = vec![texts.join("\n").into_bytes()];
    for (name, copies) in
        [("gb18030", gb18030), ("bom", marked), ("utf16", utf16), ("joined", joined), ("apart", apart)]
    {
        let folder = pages.path().join(name);
        std::fs::create_dir(&folder).unwrap();
        for (i, bytes) in copies.iter().enumerate() {
            std::fs::write(folder.join(format!("{i}.txt")), bytes).unwrap();
        }
        let target = into.path().join(name);
        let report = import(&[folder], &target);
        assert_eq!(report.exit_status(), 0, "{name}: {report}");
        let got = files(&target);
        assert_eq!(got.keys().collect::<Vec<_>>(), wanted.keys().collect::<Vec<_>>(), "{name}");
        assert!(got == wanted, "{name}");
    }
}

#[test]
fn small_files_give_what_their_rows_say() {
    for row in rows("tables.jsonl").into_iter().chain(rows("office.jsonl")) {
        let name = text(&row, "name");
        let (folder, into) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let path = folder.path().join(text(&row, "file"));
        let bytes = row["text"].as_str().map_or_else(|| office::bytes(&row), |text| text.as_bytes().to_vec());
        std::fs::write(&path, bytes).unwrap();
        let report = import(std::slice::from_ref(&path), into.path());
        let lines: Vec<Value> = report.problems.iter().map(|p| p.line.into()).collect();
        assert_eq!(Value::from(lines), row["problems"], "{name}: {report}");
        assert!(report.problems.iter().all(|p| p.path == path.display().to_string()), "{name}: {report}");
        assert_eq!(report.exit_status() == 0, report.problems.is_empty(), "{name}");
        let mut got: Vec<[String; 3]> =
            articles(into.path()).into_values().map(|a| [a.region.to_string(), a.title, a.text]).collect();
        let mut wanted: Vec<[String; 3]> = serde_json::from_value(row["articles"].clone()).unwrap();
        got.sort();
        wanted.sort();
        assert_eq!(got, wanted, "{name}");
        let questions = files(into.path()).get(QUESTIONS_FILE).cloned().unwrap_or_default();
        for wanted in row["questions"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            assert!(questions.contains(wanted), "{name}: {questions}");
        }
    }
}

#[test]
fn what_is_no_text_is_named_and_nothing_is_written() {
    let (folder, into) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    std::fs::write(folder.path().join("a.txt"), [0u8, 159, 146, 150]).unwrap();
    std::fs::write(folder.path().join("b.txt"), [0xffu8, 0xff, 0xff]).unwrap();
    let paths = [folder.path().to_owned(), folder.path().join("absent.txt")];
    let report = import(&paths, into.path());
    assert_eq!(report.problems.len(), 3, "{report}");
    assert!(files(into.path()).is_empty());
    let dry = Options {
        regions: &REGIONS,
        today: "2026-11-23".parse().unwrap(),
        force: false,
        dry_run: true,
        progress: &|_, _| {},
    };
    let report = run(&seeds(), into.path(), &dry);
    assert_eq!((report.total(|f| f.written), report.new_questions), (50, 69));
    assert!(files(into.path()).is_empty());
}

#[test]
fn a_table_of_ten_thousand_rows() {
    let (folder, into) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let rows: String = (0..10_000).map(|i| format!("第{i}个问题怎么办,\"第{i}个答案,\n就这样办。\"\n")).collect();
    let path = folder.path().join("wps.csv");
    std::fs::write(&path, encoding_rs::GB18030.encode(&format!("问题,答案\n{rows}")).0).unwrap();
    let report = import(std::slice::from_ref(&path), into.path());
    assert_eq!((report.total(|f| f.written), report.exit_status()), (10_000, 0));
    let again = import(&[path], into.path());
    assert_eq!((again.total(|f| f.written), again.total(|f| f.unchanged)), (0, 10_000));
}

#[test]
fn a_workbook_of_two_thousand_rows() {
    let (folder, into) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let rows =
        (0..2_000).map(|i| vec![format!("第{i}个问题怎么办").into(), format!("第{i}个答案,\r\n就这样办。").into()]);
    let rows: Vec<Vec<Value>> = std::iter::once(vec!["问题".into(), "答案".into()]).chain(rows).collect();
    let path = folder.path().join("wps.xlsx");
    std::fs::write(&path, office::workbook(&[("问答", rows)])).unwrap();
    let report = import(std::slice::from_ref(&path), into.path());
    assert_eq!((report.total(|f| f.written), report.exit_status()), (2_000, 0));
    let again = import(&[path], into.path());
    assert_eq!((again.total(|f| f.written), again.total(|f| f.unchanged)), (0, 2_000));
}

#[test]
fn a_thousand_web_pages() {
    let (folder, into) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for i in 0..1_000 {
        let page = format!(
            "<html><head><meta charset=\"gb2312\"><title>第{i}号网页怎么办</title></head><body><ul><li><a href=\"/\">首页</a></li></ul>\
             <div id=\"content\"><h1>第{i}号网页怎么办</h1><p>第{i}号网页的第一段,讲的是断缴以后怎样补缴,要带哪些材料,多久办完。</p>\
             <p>第{i}号网页的第二段,讲的是补缴以后什么时候恢复待遇,中断期间的费用能不能报销。</p></div>\
             <div class=\"footer\">版权所有</div></body></html>"
        );
        let bytes = encoding_rs::GB18030.encode(&page).0.into_owned();
        std::fs::write(folder.path().join(format!("{i:04}.html")), bytes).unwrap();
    }
    let pages = [folder.path().to_owned()];
    let report = import(&pages, into.path());
    assert_eq!((report.total(|f| f.written), report.exit_status()), (1_000, 0), "{:?}", report.problems.first());
    let first = files(into.path());
    assert!(first.values().all(|text| text.contains("第一段") && text.contains("第二段") && !text.contains("首页")));
    let again = import(&pages, into.path());
    assert_eq!((again.total(|f| f.written), again.total(|f| f.unchanged)), (0, 1_000));
    assert!(files(into.path()) == first);
}

#[test]
fn what_unpacks_to_too_much_is_refused() {
    let (folder, into) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let path = folder.path().join("bomb.docx");
    std::fs::write(&path, office::archive(&[("word/document.xml", " ".repeat(257 << 20))])).unwrap();
    let report = import(&[path], into.path());
    assert!(report.problems[0].message.contains("解开后超过"), "{report}");
}

#[test]
fn a_page_nested_without_end_is_refused() {
    let (folder, into) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let page = |depth: usize| {
        let script = "<script>for(i=0;i<n;i++){}</script>".repeat(1_000);
        let body = "<p>断缴三个月以内的可以补缴,补缴以后次月恢复待遇,具体以当地规定为准。</p>";
        format!("<title>断缴{depth}层</title>{script}{}{body}{}", "<div>".repeat(depth), "</div>".repeat(depth))
    };
    std::fs::write(folder.path().join("deep.html"), page(500)).unwrap();
    std::fs::write(folder.path().join("deeper.html"), page(100_000)).unwrap();
    let report = import(&[folder.path().to_owned()], into.path());
    assert_eq!(report.total(|f| f.written), 1, "{report}");
    let [refused] = report.problems.as_slice() else { panic!("{report}") };
    assert!(refused.path.ends_with("deeper.html") && refused.message.contains("512 层"), "{report}");
}

#[test]
fn what_stands_already_is_named() {
    let (folder, into) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let text = "断缴三个月以内的可以补缴，补缴以后次月恢复待遇，具体以当地规定为准";
    let put = |name: &str, rows: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, format!("问题,答案,日期\n{rows}")).unwrap();
        import(&[path], into.path())
    };
    put("first.csv", &format!("断缴怎么补,{text},2025-01-01\n"));
    let report = put("second.csv", &format!("断缴了怎么办,{text},2025-01-02\n断缴怎么补？,另一种答案,2025-01-03\n"));
    let [pair] = report.near_duplicates.as_slice() else { panic!("{report}") };
    assert_eq!(pair.percent, 100, "{report}");
    assert!(pair.places.0.ends_with("second.csv:2") && pair.places.1.ends_with(".md"), "{report}");
    let notes: Vec<(usize, bool)> =
        report.notes.iter().map(|n| (n.line, n.message.contains("一个问题只能属于一篇文章"))).collect();
    assert!(notes.contains(&(3, true)), "{report}");
    let report = put("third.csv", "甲问怎么办,答,2025-01-01\n甲问怎么办,答,2025-01-01\n");
    assert!(report.notes.iter().any(|n| n.line == 3 && n.message.contains("third.csv:2 同题同文")), "{report}");
}

#[test]
fn one_body_under_many_titles_is_named() {
    let (folder, into) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let body = "断缴三个月以内的,补缴以后次月恢复待遇;超过三个月的,要重新连续缴费满六个月才能恢复,具体以当地规定为准。";
    let rows: String =
        (0..300).map(|i| format!("第{i}个城市医保断缴怎么补,{i}号城市:{}\n", body.replace(',', "，"))).collect();
    let path = folder.path().join("copies.csv");
    std::fs::write(&path, format!("问题,答案\n{rows}")).unwrap();
    let report = import(&[path], into.path());
    assert_eq!(report.near_duplicates.len(), 299, "{}", report.near_duplicates.len());
}
