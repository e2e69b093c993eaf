//! `yiwen eval`: measures the ranking and the passages.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};

use super::index::progress_bar;
use super::{Exit, Places, eval_compare, print_json, print_line};
use crate::corpus::vocabulary;
use crate::dense::{Encoder, install};
use crate::engine::Engine;
use crate::eval::{ablation, answers, passages, report, retrieval};
use crate::index::Analyzer;
use crate::retrieve::Weights;

#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// 一个问题集文件夹(corpus.jsonl[.gz]、queries.jsonl、qrels.<split>.tsv),在临时处建索引
    Retrieval {
        dir: PathBuf,
        /// 用哪一份答案
        #[arg(long, default_value = "dev")]
        split: String,
        /// 加上语义检索:模型文件,或装有模型的索引文件夹;只写 --model 就是现用的索引文件夹
        #[arg(long, value_name = "PATH")]
        model: Option<Option<PathBuf>>,
        /// 文章向量的文件:有则沿用,没有的编好后写进去
        #[arg(long, value_name = "FILE", requires = "model")]
        vectors: Option<PathBuf>,
        /// 换一套权重试试:JSON 文件,没写的照旧
        #[arg(long, value_name = "FILE")]
        weights: Option<PathBuf>,
        /// 输出 Markdown
        #[arg(long, conflicts_with = "json")]
        markdown: bool,
        /// 只输出一份 JSON
        #[arg(long)]
        json: bool,
    },
    /// 若干问题集文件夹:逐一关掉排序的各个部分,列出各损失多少(Markdown 表)
    Ablation {
        #[arg(required = true)]
        dirs: Vec<PathBuf>,
        /// 用哪一份答案
        #[arg(long, default_value = "dev")]
        split: String,
    },
    /// 一个问答题文件,问现用的索引
    Answers {
        file: PathBuf,
        /// 另写一份 Markdown 报告
        #[arg(long, value_name = "FILE")]
        report: Option<PathBuf>,
        /// 输出 Markdown 报告:主题混淆表,每道没过的题是怎样读的
        #[arg(long, conflicts_with = "json")]
        markdown: bool,
        /// 只输出一份 JSON
        #[arg(long)]
        json: bool,
    },
    /// 一个段落题文件,问现用的索引
    Passages {
        file: PathBuf,
        /// 换一套权重试试:JSON 文件,没写的照旧
        #[arg(long, value_name = "FILE")]
        weights: Option<PathBuf>,
        /// 输出 Markdown 报告:每道没中的题找到了什么
        #[arg(long, conflicts_with = "json")]
        markdown: bool,
        /// 只输出一份 JSON
        #[arg(long)]
        json: bool,
    },
    /// 两份语料问同样的题:哪份好,差别是不是碰巧
    Compare(eval_compare::Arguments),
}

pub fn run(places: &Places, arguments: &Arguments) -> Result<Exit> {
    match &arguments.what {
        What::Retrieval { dir, split, model, vectors, weights, markdown, json } => {
            let analyzer = analyzer(places)?;
            let semantic =
                model.as_ref().map(|path| with_model(places, path.as_deref(), vectors.as_deref())).transpose()?;
            let weights = weights.as_deref().map(read_weights).transpose()?.unwrap_or_default();
            let bar = progress_bar("建索引");
            let progress = |done, total| {
                bar.set_length(total);
                bar.set_position(done);
            };
            let plan = retrieval::Plan {
                analyzer: &analyzer,
                engine: &places.access.engine,
                weights,
                semantic,
                progress: &progress,
            };
            let figures = retrieval::run(dir, split, plan);
            bar.finish_and_clear();
            let f = figures?;
            if *json {
                print_json(&f)?;
            } else if *markdown {
                print_line(report::retrieval(&f).trim_end())?;
            } else {
                print_line(&format!(
                    "{} 问:第一条命中 {:.3},前五 {:.3},前十 {:.3};MRR@10 {:.3};nDCG@10 {:.4}\n\
                     {} 个段落,建索引 {:.1} 秒;每问 p50 {:.0}、p95 {:.0}、p99 {:.0} 微秒",
                    f.queries,
                    f.recall_1,
                    f.recall_5,
                    f.recall_10,
                    f.mrr_10,
                    f.ndcg_10,
                    f.passages,
                    f.index_seconds,
                    f.latency_us.p50,
                    f.latency_us.p95,
                    f.latency_us.p99
                ))?;
                if let Some(s) = &f.semantic {
                    print_line(&format!(
                        "{} 个向量,新编 {} 个,用时 {:.1} 秒;一问编码 p50 {:.0}、p95 {:.0} 微秒",
                        s.vectors, s.encoded, s.seconds, s.question_us.p50, s.question_us.p95
                    ))?;
                }
            }
        }
        What::Ablation { dirs, split } => {
            let bar = progress_bar("问题集");
            let analyzer = analyzer(places)?;
            let lines = ablation::run(dirs, split, &analyzer, &|done| bar.set_position(done))?;
            bar.finish_and_clear();
            print_line(&ablation::markdown(dirs, &lines))?;
        }
        What::Answers { file, report: path, markdown, json } => {
            let engine = Engine::new(places.open()?);
            let rows: Vec<serde_json::Value> = retrieval::rows(file, |row| row)?;
            let today = super::ask::day(None)?;
            let found = answers::run(&engine, &rows, today);
            if let Some(path) = path {
                std::fs::write(path, report::answers(&found)).with_context(|| format!("写不了 {}", path.display()))?;
            }
            if *json {
                print_json(&found)?;
            } else if *markdown {
                print_line(report::answers(&found).trim_end())?;
            } else {
                for f in &found.failures {
                    print_line(&format!("{} {}: 应为 {},实为 {} 〔{}〕", f.id, f.path, f.expected, f.got, f.question))?;
                }
                print_line(&format!("{} 题,通过 {}", found.cases, found.passed))?;
            }
            return Ok(if found.passed == found.cases { Exit::Done } else { Exit::Negative });
        }
        What::Compare(arguments) => return eval_compare::run(arguments),
        What::Passages { file, weights, markdown, json } => {
            let mut snapshot = places.open()?;
            if let Some(path) = weights {
                snapshot.retriever = snapshot.retriever.with_weights(read_weights(path)?);
            }
            let engine = Engine::new(snapshot);
            let rows: Vec<passages::Row> = retrieval::rows(file, |row| row)?;
            let today = super::ask::day(None)?;
            let f = passages::ask(&rows, &engine, today)?;
            if *json {
                print_json(&f)?;
            } else if *markdown {
                print_line(report::passages(&f, &rows, &engine, today)?.trim_end())?;
            } else {
                print_line(&format!(
                    "{} 题:第一条命中 {:.3},前三 {:.3},前十 {:.3};MRR@10 {:.3}\n没有找到:{}",
                    f.cases,
                    f.hit_1,
                    f.hit_3,
                    f.hit_10,
                    f.mrr_10,
                    f.misses.join("、")
                ))?;
            }
        }
    }
    Ok(Exit::Done)
}

/// The semantic stage for a run: a model's file, or the folder of an index that has one.
fn with_model<'p>(places: &Places, path: Option<&Path>, vectors: Option<&'p Path>) -> Result<retrieval::WithModel<'p>> {
    let file = match path {
        None => install::place(&places.index),
        Some(path) if path.is_dir() => install::place(path),
        Some(path) => path.to_owned(),
    };
    Ok(retrieval::WithModel { encoder: Encoder::open(&file)?, mode: places.access.semantic, vectors })
}

fn read_weights(path: &Path) -> Result<Weights> {
    let text = std::fs::read_to_string(path).with_context(|| format!("{} 读不了", path.display()))?;
    serde_json::from_str(&text).with_context(|| path.display().to_string())
}

/// The text path with the corpus' own words.
pub(super) fn analyzer(places: &Places) -> Result<Analyzer> {
    let (vocabulary, problems) = vocabulary::read(&places.corpus);
    if let Some(first) = problems.first() {
        bail!("词表有 {} 处问题;第一处:{first}", problems.len());
    }
    Ok(Analyzer::new(&vocabulary))
}
