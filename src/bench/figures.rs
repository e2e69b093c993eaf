//! What was measured, as JSON and as a table.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::{Deserialize, Serialize};

use crate::eval::retrieval::{self, Latency};

/// The figures of one run, named as in the contract.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figures {
    /// In the index.
    pub passages: u64,
    /// UTF-8 bytes of titles and texts.
    pub raw_bytes: u64,
    /// `null` where the index was there already.
    pub build_seconds: Option<f64>,
    /// Of the index folder.
    pub disk_bytes: u64,
    /// Memory of the serving process after all questions; `null` where the system does not tell.
    pub rss_bytes: Option<u64>,
    /// From the start of a process to its first answer, the index built.
    pub start_to_first_answer_ms: f64,
    /// One question after another, without a network.
    pub in_process_us: Latency,
    /// Over loopback, by the number of connections.
    pub http: BTreeMap<usize, Throughput>,
    /// The same of a bare JSON echo in the same process: what this machine's network and HTTP library take.
    pub echo: BTreeMap<usize, Throughput>,
    /// As `http`, by a service that keeps its answers, where the setting `answer_cache` has it so: every question was
    /// asked before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_cached: Option<BTreeMap<usize, Throughput>>,
}

/// What so many connections got.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Throughput {
    /// Answers a second, of all connections together.
    pub rps: f64,
    pub p50_us: f64,
    pub p95_us: f64,
    pub p99_us: f64,
}

impl Throughput {
    /// Of the times of all answers, in microseconds, that came within so many seconds.
    pub fn of(times: Vec<f64>, seconds: f64) -> Throughput {
        let rps = times.len() as f64 / seconds;
        let Latency { p50, p95, p99 } = retrieval::percentiles(times);
        Throughput { rps, p50_us: p50, p95_us: p95, p99_us: p99 }
    }

    /// How many times another's figures these are.
    fn over(self, other: Throughput) -> Throughput {
        Throughput {
            rps: self.rps / other.rps,
            p50_us: self.p50_us / other.p50_us,
            p95_us: self.p95_us / other.p95_us,
            p99_us: self.p99_us / other.p99_us,
        }
    }
}

impl Figures {
    /// The table, in Markdown: sizes in two lines, then a row for each way of asking.
    pub fn table(&self) -> String {
        let raw = self.raw_bytes as f64;
        let mut out = format!("{} 个段落,原文 {};", self.passages, size(self.raw_bytes));
        let _ = write!(out, "索引 {},为原文的 {:.2} 倍", size(self.disk_bytes), self.disk_bytes as f64 / raw);
        if let Some(seconds) = self.build_seconds {
            let (passages, megabytes) = (self.passages as f64 / seconds, raw / 1e6 / seconds);
            let _ = write!(out, ",建了 {seconds:.2} 秒(每秒 {passages:.0} 段,{megabytes:.2} MB)");
        }
        let memory = self.rss_bytes.map_or("不详".to_owned(), size);
        let _ = writeln!(out, "\n服务时的内存 {memory};启动到第一个回答 {:.0} 毫秒\n", self.start_to_first_answer_ms);
        out.push_str("| 怎么问 | 每秒 | p50 微秒 | p95 微秒 | p99 微秒 |\n| --- | ---: | ---: | ---: | ---: |\n");
        let Latency { p50, p95, p99 } = self.in_process_us;
        let _ = writeln!(out, "| 进程内 | | {p50:.0} | {p95:.0} | {p99:.0} |");
        let mut rows = |what: &str, all: &BTreeMap<usize, Throughput>, [of_rps, places]: [usize; 2]| {
            for (connections, Throughput { rps, p50_us, p95_us, p99_us }) in all {
                let _ = write!(out, "| {what},{connections} 个连接 | {rps:.of_rps$} | {p50_us:.places$} ");
                let _ = writeln!(out, "| {p95_us:.places$} | {p99_us:.places$} |");
            }
        };
        rows("HTTP", &self.http, [0, 0]);
        rows("只回声", &self.echo, [0, 0]);
        rows("HTTP,回答留着", self.http_cached.as_ref().unwrap_or(&BTreeMap::new()), [0, 0]);
        let ratio = |(n, http): (&usize, &Throughput)| Some((*n, http.over(*self.echo.get(n)?)));
        rows("HTTP ÷ 回声", &self.http.iter().filter_map(ratio).collect(), [3, 1]);
        out.truncate(out.trim_end().len());
        out
    }
}

/// Bytes in decimal units.
fn size(bytes: u64) -> String {
    let bytes = bytes as f64;
    if bytes < 1e6 { format!("{:.1} kB", bytes / 1e3) } else { format!("{:.1} MB", bytes / 1e6) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_for_every_number_of_connections() {
        let of = |rps, p50_us| Throughput { rps, p50_us, p95_us: 2.0 * p50_us, p99_us: 4.0 * p50_us };
        let figures = Figures {
            passages: 10_000,
            raw_bytes: 2_000_000,
            build_seconds: Some(2.0),
            disk_bytes: 3_000_000,
            rss_bytes: None,
            start_to_first_answer_ms: 199.6,
            in_process_us: Latency { p50: 80.0, p95: 160.0, p99: 320.0 },
            http: BTreeMap::from([(1, of(2_000.0, 500.0)), (16, of(3_000.0, 5_000.0))]),
            echo: BTreeMap::from([(1, of(20_000.0, 50.0)), (16, of(60_000.0, 250.0))]),
            http_cached: Some(BTreeMap::from([(1, of(9_000.0, 110.0))])),
        };
        let wanted = "10000 个段落,原文 2.0 MB;索引 3.0 MB,为原文的 1.50 倍,建了 2.00 秒(每秒 5000 段,1.00 MB)\n\
                      服务时的内存 不详;启动到第一个回答 200 毫秒\n\n\
                      | 怎么问 | 每秒 | p50 微秒 | p95 微秒 | p99 微秒 |\n\
                      | --- | ---: | ---: | ---: | ---: |\n\
                      | 进程内 | | 80 | 160 | 320 |\n\
                      | HTTP,1 个连接 | 2000 | 500 | 1000 | 2000 |\n\
                      | HTTP,16 个连接 | 3000 | 5000 | 10000 | 20000 |\n\
                      | 只回声,1 个连接 | 20000 | 50 | 100 | 200 |\n\
                      | 只回声,16 个连接 | 60000 | 250 | 500 | 1000 |\n\
                      | HTTP,回答留着,1 个连接 | 9000 | 110 | 220 | 440 |\n\
                      | HTTP ÷ 回声,1 个连接 | 0.100 | 10.0 | 10.0 | 10.0 |\n\
                      | HTTP ÷ 回声,16 个连接 | 0.050 | 20.0 | 20.0 | 20.0 |";
        assert_eq!(figures.table(), wanted);
    }
}
