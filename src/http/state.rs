//! What the routes share: the snapshot in use, whether the service takes requests, the rebuild, the figures.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use jiff::civil::Date;

use super::cache::AnswerCache;
use super::doors::wechat::Replies;
use super::limits::{self, Limits};
use super::metrics::Metrics;
use super::observe::Note;
use super::problem::{Kind, Problem};
use super::rebuild::Rebuild;
use crate::config::WeChat;
use crate::corpus::Corpus;
use crate::corpus::article::Article;
use crate::engine::Engine;
use crate::gaps::Recorder;
use crate::index::{Access, IndexError, Snapshot, generations};
use crate::keys::{Keys, Scope};
use crate::retrieve::Suggester;
use crate::understand::Groundwork;

/// What the service is told at its start.
#[derive(Clone, Debug)]
pub struct Options {
    pub corpus: PathBuf,
    pub index: PathBuf,
    pub keys: Keys,
    /// Where people reach the service, for links in replies; without a slash at its end.
    pub public_url: Option<String>,
    pub wechat: Option<WeChat>,
    pub request_timeout: Duration,
    pub access: Access,
    /// Answers kept for those who ask the same again; 0 for none.
    pub answer_cache: usize,
    pub limits: limits::Settings,
    /// Where gaps and feedback are kept; `None` where that is switched off.
    pub gaps: Option<Recorder>,
    /// Whether log lines carry masked questions.
    pub log_questions: bool,
}

/// One snapshot with what is derived from it; swapped whole.
pub struct Live {
    pub engine: Engine,
    pub suggester: Suggester,
    /// Empty when the snapshot is put in use; `None` where none is wanted.
    pub answers: Option<AnswerCache>,
}

impl Live {
    pub fn new(snapshot: Snapshot) -> Live {
        let made = Live::made_of(&snapshot.corpus);
        Live::with(snapshot, made)
    }

    /// Opens the generation in use.
    ///
    /// # Errors
    /// As [`generations::open_as`].
    pub fn open(index: &Path, access: &Access) -> Result<Live, IndexError> {
        let (snapshot, made) = generations::open_with(index, access, Live::made_of)?;
        Ok(Live::with(snapshot, made))
    }

    /// What is made of a corpus alone, and can be made before the rest is there.
    pub fn made_of(corpus: &Corpus) -> (Groundwork, Suggester) {
        (Groundwork::of(corpus), Suggester::new(&corpus.articles))
    }

    /// The rest, over what was made of the snapshot's corpus.
    pub fn with(snapshot: Snapshot, (groundwork, suggester): (Groundwork, Suggester)) -> Live {
        Live { engine: Engine::with(snapshot, groundwork), suggester, answers: None }
    }

    /// The article with this id.
    pub fn article(&self, id: &str) -> Option<&Article> {
        self.engine.article(id)
    }
}

/// The service.
pub struct App {
    live: ArcSwapOption<Live>,
    stopping: AtomicBool,
    pub rebuild: Rebuild,
    pub metrics: Metrics,
    pub limits: Limits,
    pub corpus: PathBuf,
    pub index: PathBuf,
    pub request_timeout: Duration,
    pub access: Access,
    pub answer_cache: usize,
    pub keys: Keys,
    pub public_url: Option<String>,
    pub wechat: Option<WeChat>,
    pub wechat_replies: Replies,
    pub gaps: Option<Recorder>,
    pub log_questions: bool,
}

/// How routes hold the service.
pub type Shared = Arc<App>;

impl App {
    /// A service without a snapshot yet.
    pub fn new(options: Options) -> Shared {
        Arc::new(App {
            live: ArcSwapOption::empty(),
            stopping: AtomicBool::new(false),
            rebuild: Rebuild::default(),
            metrics: Metrics::default(),
            limits: Limits::new(options.limits),
            corpus: options.corpus,
            index: options.index,
            request_timeout: options.request_timeout,
            access: options.access,
            answer_cache: options.answer_cache,
            keys: options.keys,
            public_url: options.public_url,
            wechat: options.wechat,
            wechat_replies: Replies::default(),
            gaps: options.gaps,
            log_questions: options.log_questions,
        })
    }

    /// The snapshot in use; a request keeps the one it began with.
    pub fn live(&self) -> Result<Arc<Live>, Problem> {
        self.current().ok_or_else(|| Problem::new(Kind::NotReady, "正在读入或建立索引,请过几秒再试"))
    }

    /// The snapshot in use, if there is one.
    pub fn current(&self) -> Option<Arc<Live>> {
        self.live.load_full()
    }

    /// Puts a snapshot in use, with no answers of the one before.
    pub fn put_in_use(&self, mut live: Live) {
        live.answers = AnswerCache::new(self.answer_cache);
        self.live.store(Some(Arc::new(live)));
    }

    /// Counts an answer and, should it be a gap, hands it to the recorder.
    pub fn noted(&self, note: &Note) {
        self.metrics.note(note);
        if let (Some(gaps), Some((id, entry))) = (&self.gaps, &note.entry) {
            gaps.answered(id, entry);
        }
    }

    /// From now on the service says that it is not ready, and goes on answering.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
    }

    /// Whether [`App::stop`] was called.
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    /// Whether the `Authorization` header holds a key that may administer.
    pub fn check_admin(&self, given: Option<&str>) -> Result<(), Problem> {
        if !self.keys.have_admin() {
            return Err(Problem::new(
                Kind::AdminKeyNotConfigured,
                "服务没有设置管理密钥(环境变量 YIWEN_ADMIN_KEY),不能经网络重建索引、查看缺口;可以在服务器上运行 yiwen index(再发 SIGHUP)、yiwen gaps",
            ));
        }
        match given.and_then(|header| self.keys.find(header)) {
            Some(key) if key.may(Scope::Admin) => Ok(()),
            _ => Err(Problem::new(Kind::AdminKeyRequired, "请在 Authorization 里写 Bearer 加管理密钥")),
        }
    }
}

/// Today on this machine: the edge's clock, handed to the engine as an argument.
pub fn today() -> Date {
    jiff::Zoned::now().date()
}
