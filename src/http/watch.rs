//! `serve --watch`: a corpus that was saved goes live by itself.
//!
//! The corpus is looked at every second, by names, sizes and times alone. Once it has stood still for a look, and its
//! content is not what answers, it is rebuilt; a broken one is tried once and again when it changes.

use std::time::Duration;

use super::rebuild;
use super::state::Shared;
use crate::corpus;

/// Between two looks.
const EVERY: Duration = Duration::from_secs(1);

/// Looks until the service ends.
pub async fn watch(app: Shared) {
    let (mut taken, mut seen) = (None, None);
    loop {
        tokio::time::sleep(EVERY).await;
        let dir = app.corpus.clone();
        let Ok(now) = tokio::task::spawn_blocking(move || corpus::load::stamp(&dir)).await else { return };
        let stands_still = seen.replace(now) == Some(now);
        if taken == Some(now) || !stands_still {
            continue;
        }
        let looked = app.clone();
        let Ok(changed) = tokio::task::spawn_blocking(move || differs(&looked)).await else { return };
        if !changed {
            taken = Some(now);
        } else if rebuild::start(&app) {
            tracing::info!("the corpus has changed: rebuilding");
            taken = Some(now);
        }
    }
}

/// Whether the corpus is another than the one that answers, or the last rebuild failed. Blocks.
fn differs(app: &Shared) -> bool {
    let hash = corpus::load::hash(&app.corpus).ok();
    let live = app.current().map(|live| live.engine.snapshot.generation.corpus_hash.clone());
    hash != live || app.rebuild.failure().is_some()
}
