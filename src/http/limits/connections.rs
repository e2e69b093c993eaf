//! Open connections: so many at a time, and a part of them from one address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::address::Network;

/// Connections at a time; more wait to be accepted.
pub const CONNECTIONS: usize = 2_048;
/// Connections from one address, proxies of ours aside: nobody keeps the others out.
pub const FROM_ONE: usize = CONNECTIONS / 4;

/// The count.
pub struct Connections {
    free: Arc<Semaphore>,
    by_address: Arc<Mutex<HashMap<IpAddr, usize>>>,
    proxies: Vec<Network>,
}

/// One connection; counted until dropped.
pub struct Connection {
    _place: OwnedSemaphorePermit,
    address: IpAddr,
    by_address: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        let mut by_address = self.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = by_address.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                by_address.remove(&self.address);
            }
        }
    }
}

impl Connections {
    pub fn new(proxies: Vec<Network>) -> Connections {
        Connections { free: Arc::new(Semaphore::new(CONNECTIONS)), by_address: Arc::default(), proxies }
    }

    /// Waits until one connection more may be accepted.
    pub async fn free(&self) -> Option<OwnedSemaphorePermit> {
        self.free.clone().acquire_owned().await.ok()
    }

    /// How many are open.
    pub fn open(&self) -> usize {
        self.by_address.lock().unwrap_or_else(PoisonError::into_inner).values().sum()
    }

    /// Counts a connection; `None` where its address has too many.
    pub fn count(&self, place: OwnedSemaphorePermit, address: IpAddr) -> Option<Connection> {
        let address = address.to_canonical();
        let mut by_address = self.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        let count = by_address.entry(address).or_default();
        if *count >= FROM_ONE && !self.proxies.iter().any(|network| network.contains(address)) {
            return None;
        }
        *count += 1;
        Some(Connection { _place: place, address, by_address: self.by_address.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_address_keeps_no_other_out() {
        let connections = Connections::new(vec!["10.0.0.0/8".parse().unwrap()]);
        let (one, other, proxy): (IpAddr, IpAddr, IpAddr) =
            ("203.0.113.1".parse().unwrap(), "203.0.113.2".parse().unwrap(), "10.0.0.1".parse().unwrap());
        let mut held = vec![];
        for _ in 0..FROM_ONE {
            held.push(connections.count(connections.free().await.unwrap(), one).unwrap());
        }
        assert!(connections.count(connections.free().await.unwrap(), one).is_none());
        held.push(connections.count(connections.free().await.unwrap(), other).unwrap());
        for _ in 0..=FROM_ONE {
            held.push(connections.count(connections.free().await.unwrap(), proxy).unwrap());
        }
        assert_eq!(connections.open(), held.len());
        held.clear();
        assert_eq!(connections.open(), 0);
        assert!(connections.by_address.lock().unwrap().is_empty());
    }
}
