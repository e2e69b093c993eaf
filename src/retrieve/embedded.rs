//! The embedded engine: tantivy's posting lists and our table of articles, mapped into memory.

use std::path::Path;

use tantivy::{IndexReader, ReloadPolicy};

use super::backend::{Articles, Backend, Found, Lead, Lookup, Stored, Unavailable, Wanted};
use super::candidates::{Gathered, Pool};
use super::postings::{List, Postings};
use crate::index::schema::Fields;
use crate::index::table::{Profile, Row, Table, Totals};
use crate::index::{IndexError, frozen};

/// An opened index folder.
pub struct Embedded {
    pub(super) postings: Postings,
    pub(super) table: Table,
    pub(super) pool: Pool,
}

impl Embedded {
    /// Opens the index in a folder.
    ///
    /// # Errors
    /// Files that cannot be read, do not belong together or are of another version of the program.
    pub fn open(dir: &Path) -> Result<Embedded, IndexError> {
        let wrong = |source| IndexError::Tantivy { path: dir.to_owned(), source };
        let damaged = |message: &str| IndexError::Damaged { path: dir.to_owned(), message: message.to_owned() };
        let fields = Fields::new();
        let mut searchers = vec![];
        for part in frozen::parts(dir) {
            let index = frozen::open(&part).map_err(wrong)?;
            if index.schema() != fields.schema {
                return Err(damaged("索引的字段与程序不符"));
            }
            let reader: IndexReader =
                index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into().map_err(wrong)?;
            searchers.push(reader.searcher());
        }
        let postings = Postings::open(searchers, fields).map_err(wrong)?;
        let Some(table) = Table::open(dir).map_err(wrong)? else {
            return Err(damaged("文章表不完整"));
        };
        Ok(Embedded { postings, table, pool: Pool::default() })
    }
}

impl Backend for Embedded {
    fn totals(&self) -> &Totals {
        &self.table.totals
    }

    fn look_up(&self) -> Box<dyn Lookup<'_> + '_> {
        Box::new(Lists { embedded: self, lists: vec![] })
    }

    fn articles(&self) -> &dyn Articles {
        self
    }

    fn check(&self) -> Result<(), Unavailable> {
        Ok(())
    }
}

impl Articles for Embedded {
    fn row(&self, article: u32) -> Row {
        self.table.row(article)
    }

    fn profile(&self, article: u32) -> Profile {
        self.table.profile(article)
    }

    fn passages(&self, article: u32) -> usize {
        self.table.span(article).len()
    }

    fn records(&self, article: u32) -> &[u8] {
        self.table.records(article)
    }

    fn expect(&self, articles: &[u32]) {
        // A read that has to wait for memory does not keep the next ones from starting, as long as nothing hangs on it.
        let near = articles.iter().map(|article| self.table.records(*article).first().copied());
        std::hint::black_box(near.flatten().fold(0, u8::wrapping_add));
    }

    fn stored(&self, article: u32, place: usize) -> Stored {
        self.postings.stored(self.table.first(article) + place as u32)
    }
}

/// The posting lists of one question's keys.
struct Lists<'e> {
    embedded: &'e Embedded,
    lists: Vec<List>,
}

impl<'e> Lookup<'e> for Lists<'e> {
    fn add(&mut self, key: &str) {
        self.lists.push(self.embedded.postings.find(key));
    }

    fn holders(&self, key: usize) -> u64 {
        self.lists[key].holders
    }

    fn find(self: Box<Self>, leads: Vec<Lead>, wanted: &Wanted<'_>) -> Result<Found<'e>, Unavailable> {
        Ok(Gathered::new(self.embedded).find(&self.lists, leads, wanted))
    }
}
