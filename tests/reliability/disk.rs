//! A disk that is full or read-only, files that vanish, two builds at once.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::process::program;
use crate::sandbox::{FOLDER, QUESTION, SIDES, leftovers};
use crate::{Skip, common};

/// A shell script in a world of its own where a small disk can be mounted on `$DISK`. `$YIWEN` is the program.
fn with_disk(name: &str, script: &str) -> Result<String, Skip> {
    let disk = FOLDER.path().join(name);
    fs::create_dir_all(&disk)?;
    let output = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", &format!("set -e\n{script}")])
        .env("DISK", &disk)
        .env("YIWEN", program(FOLDER.path(), FOLDER.path(), &disk).get_program())
        .env("FIRST", &SIDES.0[0].corpus)
        .env("SECOND", &SIDES.0[1].corpus)
        .env("QUESTION", QUESTION)
        .output()
        .map_err(|e| Skip::Impossible(format!("no unshare: {e}")))?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let wrong = String::from_utf8_lossy(&output.stderr).into_owned();
    match (output.status.success(), said.contains("mounted")) {
        (true, _) => Ok(said),
        (false, false) => Err(Skip::Impossible(format!("no small disk can be mounted here: {wrong}"))),
        (false, true) => Err(Skip::Failed(format!("{said}\n{wrong}"))),
    }
}

/// The disk fills up at different places of a build: the error says so, and the old generation answers.
pub fn full() -> Result<(), Skip> {
    let said = with_disk(
        "full",
        r#"mount -t tmpfs -o size=64m none "$DISK"; echo mounted
        "$YIWEN" index --corpus "$FIRST" --index "$DISK/index" >/dev/null
        used=$(du -sk "$DISK" | cut -f1)
        full=0
        for more in $(seq 4 80 6000); do
          mount -o remount,size=$((used + more))k "$DISK"
          if "$YIWEN" index --corpus "$SECOND" --index "$DISK/index" >/dev/null 2>"$DISK/../full.log"; then
            break
          elif [ $? -ne 2 ] || ! grep -q 磁盘写满 "$DISK/../full.log"; then
            cat "$DISK/../full.log"; exit 1
          fi
          if ls "$DISK/index" | grep tmp-; then exit 1; fi
          "$YIWEN" ask "$QUESTION" --at 2026-11-23 --index "$DISK/index" | grep -q "滞纳金 50.00" || exit 1
          full=$((full + 1))
        done
        mount -o remount,size=64m "$DISK"
        "$YIWEN" index --corpus "$SECOND" --index "$DISK/index" >/dev/null
        "$YIWEN" ask "$QUESTION" --at 2026-11-23 --index "$DISK/index" | grep -q "滞纳金 60.00"
        echo "full at $full places""#,
    )?;
    println!("{}", said.trim());
    let places = said.split("full at ").nth(1).and_then(|rest| rest.split(' ').next()?.parse::<u32>().ok());
    places.is_some_and(|n| n >= 5).then_some(()).ok_or(Skip::Failed(said))
}

/// A read-only disk is an error that names the folder and the mend; questions are answered from it all the same.
pub fn read_only() -> Result<(), Skip> {
    with_disk(
        "read-only",
        r#"mount -t tmpfs none "$DISK"; echo mounted
        "$YIWEN" index --corpus "$FIRST" --index "$DISK/index" >/dev/null
        mount -o remount,ro "$DISK"
        if "$YIWEN" index --corpus "$SECOND" --index "$DISK/index" 2>"$DISK/../ro.log"; then exit 1; fi
        grep -q "$DISK/index.*只读.*--index" "$DISK/../ro.log" || { cat "$DISK/../ro.log"; exit 1; }
        "$YIWEN" ask "$QUESTION" --at 2026-11-23 --index "$DISK/index" | grep -q "滞纳金 50.00""#,
    )
    .map(drop)
}

/// Runs `yiwen index`.
pub fn index(corpus: &Path, index: &Path) -> Result<Output, Skip> {
    Ok(program(FOLDER.path(), corpus, index).arg("index").output()?)
}

/// Asks an index folder on the command line.
pub fn ask(index: &Path) -> Result<Output, Skip> {
    let mut command = program(FOLDER.path(), FOLDER.path(), index);
    Ok(command.args(["ask", QUESTION, "--at", "2026-11-23"]).output()?)
}

/// Whether the program said this.
pub fn holds(output: &Output, text: &str) -> bool {
    String::from_utf8_lossy(&output.stdout).contains(text) || String::from_utf8_lossy(&output.stderr).contains(text)
}

/// Files of the corpus come and go while it is built: the build succeeds or says what is gone, and never takes half.
pub fn vanishing() -> Result<(), Skip> {
    let base = FOLDER.path().join("vanishing");
    let (corpus, folder) = (base.join("corpus"), base.join("index"));
    common::copy(&SIDES.0[0].corpus, &corpus);
    index(&corpus, &folder)?;
    let gone = corpus.join("vocabulary/synonyms.tsv");
    let text = fs::read(&gone)?;
    let (mut good, mut told) = (0, 0);
    for _ in 0..4 {
        let mut child = program(FOLDER.path(), &corpus, &folder)
            .arg("index")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        while child.try_wait()?.is_none() {
            let _ = fs::remove_file(&gone);
            std::thread::sleep(std::time::Duration::from_millis(2));
            let _ = fs::write(&gone, &text[..text.len() / 2]);
            std::thread::sleep(std::time::Duration::from_millis(2));
            let _ = fs::write(&gone, &text);
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        let output = child.wait_with_output()?;
        let clear = ["文件不见了", "语料一直在变", "synonyms.tsv"].iter().any(|t| holds(&output, t));
        match output.status.code() {
            Some(0) => good += 1,
            Some(1 | 2) if clear => told += 1,
            other => return Err(Skip::Failed(format!("{other:?} {}", String::from_utf8_lossy(&output.stderr)))),
        }
        if !holds(&ask(&folder)?, "滞纳金 50.00") {
            return Err(Skip::Failed("the index in use does not answer".to_owned()));
        }
    }
    println!("a file came and went during {} builds: {good} good, {told} told", good + told);
    fs::remove_file(&gone)?;
    let output = index(&corpus, &folder)?;
    let named = output.status.code() == Some(1) && holds(&output, "vocabulary/synonyms.tsv");
    if named { Ok(()) } else { Err(Skip::Failed(String::from_utf8_lossy(&output.stderr).into_owned())) }
}

/// Two builds at once: one is made, the other made after it or refused by the lock.
pub fn two_at_once() -> Result<(), Skip> {
    let folder = FOLDER.path().join("two");
    for n in 0..5 {
        let spawn = |side: usize| {
            let mut command = program(FOLDER.path(), &SIDES.0[side].corpus, &folder);
            command.arg("index").stdout(Stdio::null()).stderr(Stdio::piped()).spawn()
        };
        let both = [spawn(0), spawn(1)];
        let mut made = 0;
        for child in both {
            let output = child?.wait_with_output()?;
            match output.status.code() {
                Some(0) => made += 1,
                Some(2) if holds(&output, "另一个进程正在重建索引") => {}
                other => return Err(Skip::Failed(format!("{other:?} {}", String::from_utf8_lossy(&output.stderr)))),
            }
        }
        let answered = ask(&folder)?;
        let whole = holds(&answered, "滞纳金 50.00") || holds(&answered, "滞纳金 60.00");
        if made == 0 || !whole || !leftovers(&folder).is_empty() {
            return Err(Skip::Failed(format!("{n}: {made} made, {:?}", leftovers(&folder))));
        }
    }
    Ok(())
}
