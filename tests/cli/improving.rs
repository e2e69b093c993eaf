//! A clerk at work: mending a corpus, comparing two, reading a report.

use std::fs;
use std::path::{Path, PathBuf};

use crate::{FOLDER, common, run, shipped_index};

fn corpus(name: &str) -> PathBuf {
    let corpus = FOLDER.path().join(name);
    common::copy(&common::corpus(), &corpus);
    corpus
}

fn edit(path: &Path, edit: impl Fn(String) -> String) -> Result<(), String> {
    let text = fs::read_to_string(path).map_err(|e| e.to_string())?;
    let edited = edit(text.clone());
    if edited == text {
        return Err(format!("{}: nothing was edited", path.display()));
    }
    fs::write(path, edited).map_err(|e| e.to_string())
}

pub fn fix() -> Result<(), String> {
    let corpus = corpus("untidy");
    let article = corpus.join("articles/000000/newborn.md");
    let before = fs::read_to_string(&article).map_err(|e| e.to_string())?;
    edit(&article, |text| {
        let (front, body) = text.split_once("\n+++\n").unwrap_or_default();
        let front = front.replace('\n', "\r\n").replace("reviewed_on = ", "reviewed_on ＝ ");
        format!("\u{feff}{front}\r\n+++\r\n{body}")
    })?;
    let parameters = corpus.join("parameters/late_fee.toml");
    edit(&parameters, |text| text.replacen("value = \"0.0005\"", "value = 0.05%  ", 1))?;
    let synonyms = corpus.join("vocabulary/synonyms.tsv");
    let text = fs::read_to_string(&synonyms).map_err(|e| e.to_string())?;
    let (gb18030, ..) = encoding_rs::GB18030.encode(&text);
    fs::write(&synonyms, gb18030).map_err(|e| e.to_string())?;
    // What is no matter of writing stays a problem.
    let other = corpus.join("articles/000000/remote-care-filing.md");
    let spoilt = if other.exists() { other } else { first_article(&corpus)? };
    edit(&spoilt, |text| text.replacen("level = \"", "level = \"quite-", 1))?;

    let check = |flags: &[&str]| run(FOLDER.path(), &[&["check"], flags].concat(), &corpus, shipped_index(), &[]);
    let told = check(&[]);
    if told.exit != 1
        || !told.stderr.contains("yiwen check --fix")
        || !told.stdout.contains("# articles/000000/newborn.md(")
    {
        return Err(format!("{} {} {}", told.exit, told.stdout, told.stderr));
    }
    let fixed = check(&["--fix"]);
    let left: Vec<&str> = fixed.stdout.lines().filter(|l| !l.starts_with("已") && !l.starts_with("提醒")).collect();
    if fixed.exit != 1 || left.len() != 2 || !left[1].contains("quite-") || !fixed.stdout.contains("已自动改") {
        return Err(format!("{} {} {}", fixed.exit, fixed.stdout, fixed.stderr));
    }
    if fs::read_to_string(&article).map_err(|e| e.to_string())? != before {
        return Err("the article is not as it was".to_owned());
    }
    if fs::read_to_string(&synonyms).map_err(|e| e.to_string())? != text {
        return Err("the synonyms are not as they were".to_owned());
    }
    edit(&spoilt, |text| text.replacen("level = \"quite-", "level = \"", 1))?;
    let again = check(&["--fix"]);
    let quiet = again.exit == 0 && again.stdout.contains("已自动改 0 处");
    if quiet { Ok(()) } else { Err(format!("{} {}", again.exit, again.stdout)) }
}

fn first_article(corpus: &Path) -> Result<PathBuf, String> {
    let mut found: Vec<PathBuf> = fs::read_dir(corpus.join("articles/000000"))
        .map_err(|e| e.to_string())?
        .filter_map(|e| Some(e.ok()?.path()))
        .filter(|p| !p.ends_with("newborn.md"))
        .collect();
    found.sort();
    found.into_iter().next().ok_or("no article".to_owned())
}

pub fn stale() -> Result<(), String> {
    let corpus = corpus("stale");
    let parameters = corpus.join("parameters/late_fee.toml");
    edit(&parameters, |text| text.replacen("value = \"0.0005\"", "value = \"0.0005\"\nreview_by = 2026-01-01", 1))?;
    let article = first_article(&corpus)?;
    edit(&article, |text| text.replacen("reviewed_on = ", "review_by = 2026-11-30\nreviewed_on = ", 1))?;
    let name = article.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let check = |at: &str| run(FOLDER.path(), &["check", "--stale", "--at", at], &corpus, shipped_index(), &[]).stdout;
    let (before, after) = (check("2026-11-30"), check("2026-12-01"));
    if !before.contains("parameters/late_fee.toml:") || before.contains(&name) || !after.contains(&name) {
        return Err(format!("{before}\n{after}"));
    }
    let (law, problems) = yiwen::corpus::law::read(&corpus);
    let facts = serde_json::json!({"facts": {"principal": 1000, "days": 100}, "at": "2026-11-23"});
    let row = yiwen::rules::diff::Row::read("late_fee", "here", &facts).map_err(|e| e.to_string())?.ok_or("no rule")?;
    let caveats = row.compute(&law).caveats;
    let warned = caveats.iter().any(|c| c.contains("应在 2026-01-01 以前核对"));
    if problems.is_empty() && warned { Ok(()) } else { Err(format!("{problems:?} {caveats:?}")) }
}

pub fn compare() -> Result<(), String> {
    let after = corpus("after");
    edit(&after.join("vocabulary/synonyms.tsv"), |text| text.replacen("\n家庭共济\t", "\n家庭共济\t亲友拼卡|", 1))?;
    let rows = FOLDER.path().join("compare.jsonl");
    let ways = ["怎么绑定", "怎么办", "谁可以用", "要带什么", "哪里办", "能给谁用", "怎么解绑", "多久能用"];
    let row = |(i, way): (usize, &&str)| {
        format!("{{\"id\":\"c{i}\",\"question\":\"亲友拼卡{way}\",\"answer_contains\":[\"家庭共济\"]}}\n")
    };
    fs::write(&rows, ways.iter().enumerate().map(row).collect::<String>()).map_err(|e| e.to_string())?;
    let (before, after) = (common::corpus(), after);
    let (before, after, rows) = (before.to_string_lossy(), after.to_string_lossy(), rows.to_string_lossy());
    let compared = |a: &str, b: &str| {
        let args = ["eval", "compare", a, b, "--passages", &rows, "--answers", "misses.jsonl"];
        fs::write(FOLDER.path().join("misses.jsonl"), MISS).map_err(|e| e.to_string())?;
        Ok::<_, String>(run(FOLDER.path(), &args, &common::corpus(), shipped_index(), &[]))
    };
    let helped = compared(&before, &after)?;
    if helped.exit != 0 || !helped.stdout.contains("B 更好") || !helped.stdout.contains("变好 c") {
        return Err(format!("{} {} {}", helped.exit, helped.stdout, helped.stderr));
    }
    let harmed = compared(&after, &before)?;
    if harmed.exit == 1 && harmed.stdout.contains("B 更差") && harmed.stdout.contains("分不出高下") {
        Ok(())
    } else {
        Err(format!("{} {} {}", harmed.exit, harmed.stdout, harmed.stderr))
    }
}

/// A row that expects another topic than the question has.
const MISS: &str = "{\"id\":\"m1\",\"question\":\"单位欠缴医保本金1万元,晚了100天,滞纳金多少\",\"at\":\"2026-11-23\",\"expect\":{\"topics\":[\"card\"],\"rules\":[\"late_fee\"]}}\n";

pub fn report() -> Result<(), String> {
    let rows = FOLDER.path().join("report.jsonl");
    fs::write(&rows, MISS).map_err(|e| e.to_string())?;
    let args = ["eval", "answers", &rows.to_string_lossy(), "--markdown"];
    let told = run(FOLDER.path(), &args, &common::corpus(), shipped_index(), &[]);
    let wanted =
        ["| 应为 \\ 判为 | arrears |", "| card | 1 |", "### m1", "滞纳金(", "- 要算的规则:late_fee", "**topics**:应为"];
    match wanted.iter().find(|w| !told.stdout.contains(**w)) {
        None if told.exit == 1 => Ok(()),
        missing => Err(format!("{missing:?}: {} {} {}", told.exit, told.stdout, told.stderr)),
    }
}

pub fn manual() -> Result<(), String> {
    let dir = FOLDER.path().join("man");
    let told = run(FOLDER.path(), &["man", &dir.to_string_lossy()], &common::corpus(), shipped_index(), &[]);
    let page = |name: &str| fs::read_to_string(dir.join(name)).is_ok_and(|text| text.contains(".TH"));
    if told.exit == 0 && page("yiwen.1") && page("yiwen-gaps-export.1") {
        Ok(())
    } else {
        Err(format!("{} {} {:?}", told.exit, told.stderr, fs::read_dir(&dir).map(|d| d.count())))
    }
}
