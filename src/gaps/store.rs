//! The file: one SQLite database, written ahead, flushed at every commit.
//!
//! `answer` holds an [`Entry`] as JSON by the answer's id, `gap` how often it left a question open, `feedback` what each
//! sender said of it. Rows beyond the limits, in number or age, are removed as new ones come, and with them their text.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior, params};

use super::entry::{Entry, Reason};

/// What is kept at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Open questions, and as many posts of feedback.
    pub rows: u32,
    /// Days since a question was last asked.
    pub days: u32,
}

/// Trouble with the file.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("{path}:缺口记录用不了:{cause}")]
    Sqlite { path: PathBuf, cause: rusqlite::Error },
    #[error("{path}:这份缺口记录是更新的程序(格式 {found})写的;请换用新的程序,或把文件移开")]
    Newer { path: PathBuf, found: i64 },
    #[error("{path}:还没有缺口记录;服务答过问题以后才有")]
    Missing { path: PathBuf },
}

/// What somebody said of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feedback {
    /// The answer's id.
    pub answer: String,
    /// Tells senders apart; may be empty. The same sender's second post on an answer replaces the first.
    pub client: String,
    pub useful: bool,
    /// Masked; may be empty.
    pub word: String,
}

/// Something to write.
#[derive(Debug)]
pub enum Write {
    /// A question that was left open: the answer's id, why, and the entry.
    Gap(String, Reason, std::sync::Arc<Entry>),
    /// A post of feedback, with the entry where the answer is remembered and of no use.
    Feedback(Feedback, Option<std::sync::Arc<Entry>>),
}

/// One answer's record as read: an open question, or one with posts that call the answer useless.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    pub entry: Entry,
    pub reason: Reason,
    /// How often it was asked, or how many called it useless.
    pub count: i64,
    /// Unix seconds.
    pub first: i64,
    pub last: i64,
    /// What people wrote.
    pub words: Vec<String>,
}

/// See the module.
pub struct Store {
    connection: Connection,
    path: PathBuf,
}

const FORMAT: i64 = 1;
const SCHEMA: &str = "
CREATE TABLE answer (id TEXT PRIMARY KEY, entry TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE gap (
  answer TEXT PRIMARY KEY, reason TEXT NOT NULL, asked INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX gap_last ON gap (last);
CREATE TABLE feedback (
  answer TEXT NOT NULL, client TEXT NOT NULL, useful INTEGER NOT NULL, word TEXT NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY (answer, client)
) WITHOUT ROWID;
CREATE INDEX feedback_at ON feedback (at);
PRAGMA user_version = 1;
";
/// Another process may be writing: `mcp` beside `serve`.
const BUSY: Duration = Duration::from_secs(5);

impl Store {
    /// Opens the file for writing; it is made where there is none.
    pub fn open(path: &Path) -> Result<Store, StoreError> {
        let wrong = |cause| StoreError::Sqlite { path: path.to_owned(), cause };
        let mut store = Store { connection: Connection::open(path).map_err(wrong)?, path: path.to_owned() };
        store.prepare().map_err(wrong)?;
        store.check_format()?;
        Ok(store)
    }

    /// Opens the file for reading alone, while a service may be writing it.
    pub fn read(path: &Path) -> Result<Store, StoreError> {
        if !path.exists() {
            return Err(StoreError::Missing { path: path.to_owned() });
        }
        let wrong = |cause| StoreError::Sqlite { path: path.to_owned(), cause };
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(wrong)?;
        connection.busy_timeout(BUSY).map_err(wrong)?;
        connection.pragma_update(None, "query_only", true).map_err(wrong)?;
        let store = Store { connection, path: path.to_owned() };
        store.check_format()?;
        Ok(store)
    }

    fn prepare(&mut self) -> rusqlite::Result<()> {
        self.connection.busy_timeout(BUSY)?;
        // A commit is on the disk when it returns, and a reader never waits for a writer.
        self.connection.pragma_update(None, "journal_mode", "WAL")?;
        self.connection.pragma_update(None, "synchronous", "FULL")?;
        // What is removed is gone, not only unlisted.
        self.connection.pragma_update(None, "secure_delete", true)?;
        committed(&mut self.connection, |transaction| match format(transaction)? {
            0 => transaction.execute_batch(SCHEMA),
            _ => Ok(()),
        })
    }

    fn check_format(&self) -> Result<(), StoreError> {
        let found = format(&self.connection).map_err(|e| self.wrong(e))?;
        if found == FORMAT { Ok(()) } else { Err(StoreError::Newer { path: self.path.clone(), found }) }
    }

    fn wrong(&self, cause: rusqlite::Error) -> StoreError {
        StoreError::Sqlite { path: self.path.clone(), cause }
    }

    /// Writes all or nothing; when it returns, all is on the disk. Gives, in order, whether a post of feedback repeats
    /// what its sender had said before. `now` is in Unix seconds.
    pub fn write(&mut self, writes: &[Write], now: i64) -> Result<Vec<bool>, StoreError> {
        let all = |transaction: &Transaction<'_>| writes.iter().map(|w| write(transaction, w, now)).collect();
        committed(&mut self.connection, all).map_err(|e| self.wrong(e))
    }

    /// Removes what is too old or too much.
    pub fn prune(&mut self, limits: Limits, now: i64) -> Result<(), StoreError> {
        committed(&mut self.connection, |transaction| prune(transaction, limits, now)).map_err(|e| self.wrong(e))
    }

    /// Every open question, and every answer called useless, oldest first.
    pub fn recorded(&self) -> Result<Vec<Recorded>, StoreError> {
        let mut found = read_gaps(&self.connection).map_err(|e| self.wrong(e))?;
        found.extend(read_useless(&self.connection).map_err(|e| self.wrong(e))?);
        found.sort_by_key(|r| r.first);
        Ok(found)
    }

    /// How many posts called an answer useful, and how many useless.
    pub fn verdicts(&self) -> Result<(i64, i64), StoreError> {
        let sql = "SELECT count(*) FILTER (WHERE useful), count(*) FILTER (WHERE NOT useful) FROM feedback";
        let counts = self.connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)));
        counts.map_err(|e| self.wrong(e))
    }

    /// A whole and consistent copy in a new file, while a service may be writing.
    pub fn copy_to(&self, target: &Path) -> Result<(), StoreError> {
        let target = target.to_string_lossy();
        // A copy is a write to SQLite, though not to this file.
        let copied = self.connection.pragma_update(None, "query_only", false);
        copied.and_then(|()| self.connection.execute("VACUUM INTO ?1", [&target])).map(drop).map_err(|e| self.wrong(e))
    }
}

/// Does the work in one transaction that no other writer comes between.
fn committed<T>(
    connection: &mut Connection,
    work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let done = work(&transaction)?;
    transaction.commit()?;
    Ok(done)
}

fn format(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

fn write(transaction: &Transaction<'_>, write: &Write, now: i64) -> rusqlite::Result<bool> {
    let keep = |id: &str, entry: &Entry| {
        let json = serde_json::to_string(entry).unwrap_or_default();
        let mut statement = transaction.prepare_cached("INSERT OR IGNORE INTO answer (id, entry) VALUES (?1, ?2)")?;
        statement.execute(params![id, json])
    };
    match write {
        Write::Gap(id, reason, entry) => {
            keep(id, entry)?;
            let mut statement = transaction.prepare_cached(
                "INSERT INTO gap (answer, reason, asked, first, last) VALUES (?1, ?2, 1, ?3, ?3)
                 ON CONFLICT (answer) DO UPDATE SET asked = asked + 1, last = excluded.last",
            )?;
            statement.execute(params![id, reason.word(), now])?;
            Ok(false)
        }
        Write::Feedback(feedback, entry) => {
            if let Some(entry) = entry {
                keep(&feedback.answer, entry)?;
            }
            let Feedback { answer, client, useful, word } = feedback;
            let mut same = transaction.prepare_cached(
                "SELECT 1 FROM feedback WHERE answer = ?1 AND client = ?2 AND useful = ?3 AND word = ?4",
            )?;
            if same.exists(params![answer, client, useful, word])? {
                return Ok(true);
            }
            let mut statement = transaction.prepare_cached(
                "INSERT INTO feedback (answer, client, useful, word, at) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (answer, client) DO UPDATE
                 SET useful = excluded.useful, word = excluded.word, at = excluded.at",
            )?;
            statement.execute(params![answer, client, useful, word, now])?;
            Ok(false)
        }
    }
}

const DAY: i64 = 24 * 60 * 60;

fn prune(transaction: &Transaction<'_>, limits: Limits, now: i64) -> rusqlite::Result<()> {
    let oldest = now - i64::from(limits.days) * DAY;
    transaction.execute("DELETE FROM gap WHERE last < ?1", [oldest])?;
    transaction.execute("DELETE FROM feedback WHERE at < ?1", [oldest])?;
    // Of too many, questions that only lacked facts go first: they say least.
    transaction.execute(
        "DELETE FROM gap WHERE answer IN (
           SELECT answer FROM gap ORDER BY reason = 'needs_facts', last DESC LIMIT -1 OFFSET ?1)",
        [limits.rows],
    )?;
    transaction.execute(
        "DELETE FROM feedback WHERE (answer, client) IN (
           SELECT answer, client FROM feedback ORDER BY at DESC LIMIT -1 OFFSET ?1)",
        [limits.rows],
    )?;
    transaction.execute(
        "DELETE FROM answer WHERE id NOT IN (SELECT answer FROM gap)
         AND id NOT IN (SELECT answer FROM feedback WHERE NOT useful)",
        [],
    )?;
    Ok(())
}

fn read_gaps(connection: &Connection) -> rusqlite::Result<Vec<Recorded>> {
    let mut statement = connection
        .prepare("SELECT entry, reason, asked, first, last FROM gap JOIN answer ON answer.id = gap.answer")?;
    let rows = statement.query_map([], |row| {
        let reason: String = row.get(1)?;
        Ok(Recorded {
            entry: entry(&row.get::<_, String>(0)?),
            reason: Reason::parse(&reason).unwrap_or(Reason::NoMatch),
            count: row.get(2)?,
            first: row.get(3)?,
            last: row.get(4)?,
            words: vec![],
        })
    })?;
    rows.collect()
}

/// Posts whose question nobody remembers are left out: there is nothing to mend.
fn read_useless(connection: &Connection) -> rusqlite::Result<Vec<Recorded>> {
    let mut statement = connection.prepare(
        "SELECT entry, word, at, answer.id FROM feedback JOIN answer ON answer.id = feedback.answer
         WHERE NOT useful ORDER BY answer.id, at",
    )?;
    let mut rows = statement.query([])?;
    let (mut found, mut last_id): (Vec<Recorded>, String) = (vec![], String::new());
    while let Some(row) = rows.next()? {
        let (word, at, id): (String, i64, String) = (row.get(1)?, row.get(2)?, row.get(3)?);
        if id != last_id {
            let entry = entry(&row.get::<_, String>(0)?);
            found.push(Recorded { entry, reason: Reason::NotUseful, count: 0, first: at, last: at, words: vec![] });
            last_id = id;
        }
        if let Some(record) = found.last_mut() {
            record.count += 1;
            record.last = at;
            record.words.extend(Some(word).filter(|w| !w.is_empty()));
        }
    }
    Ok(found)
}

fn entry(json: &str) -> Entry {
    serde_json::from_str(json).unwrap_or_default()
}
