//! Whose request it is, by address. Behind a proxy every request comes from the proxy: then the last address of
//! `X-Forwarded-For` that is no proxy of ours counts. From anyone else that header is hearsay and passed over.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use axum::http::HeaderMap;

/// The other end of a connection; kept beside the request.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

/// Addresses that share their first bits: `10.0.0.0/8`; a single address without the slash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    base: IpAddr,
    bits: u8,
}

impl Network {
    /// Whether an address is in it.
    pub fn contains(&self, address: IpAddr) -> bool {
        let (own, other) = match (self.base, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                (u128::from(own.to_bits()) << 96, u128::from(other.to_bits()) << 96)
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => (own.to_bits(), other.to_bits()),
            _ => return false,
        };
        self.bits == 0 || (own ^ other) >> (128 - u32::from(self.bits)) == 0
    }
}

impl FromStr for Network {
    type Err = ();

    fn from_str(text: &str) -> Result<Network, ()> {
        let (base, bits) = text.split_once('/').map_or((text, None), |(base, bits)| (base, Some(bits)));
        let base: IpAddr = base.trim().parse().map_err(|_| ())?;
        let most = if base.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(most), |bits| bits.trim().parse().map_err(|_| ()))?;
        if bits <= most { Ok(Network { base, bits }) } else { Err(()) }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.base, self.bits)
    }
}

/// Networks separated by commas or white space; `None` where one cannot be read.
pub fn networks(text: &str) -> Option<Vec<Network>> {
    let parts = text.split([',', ' ', '\t', '\n']).filter(|part| !part.is_empty());
    parts.map(|part| part.parse().ok()).collect()
}

/// The caller's address; `None` for callers on this machine, who are nobody's flood.
pub fn caller(peer: Option<&Peer>, headers: &HeaderMap, proxies: &[Network]) -> Option<IpAddr> {
    let ours = |address: IpAddr| proxies.iter().any(|network| network.contains(address));
    let mut address = peer?.0.ip().to_canonical();
    if ours(address) {
        let lines = headers.get_all("x-forwarded-for").iter().filter_map(|line| line.to_str().ok());
        let hops: Vec<&str> = lines.flat_map(|line| line.split(',')).map(str::trim).collect();
        // From the end, because each proxy adds what it saw there. What cannot be read ends the chain.
        for hop in hops.into_iter().rev() {
            let Some(read) = forwarded(hop) else { break };
            address = read;
            if !ours(address) {
                break;
            }
        }
    }
    (!address.is_loopback()).then(|| household(address))
}

/// An address as proxies write it, with or without a port.
fn forwarded(hop: &str) -> Option<IpAddr> {
    let read = hop.parse().ok().or_else(|| hop.parse::<SocketAddr>().ok().map(|both| both.ip()));
    let bracketed = || hop.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    read.or_else(bracketed).map(|address| address.to_canonical())
}

/// One household has 2^64 addresses of version 6: they count as one.
fn household(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(peer: &str, forwarded: &[&str], proxies: &str) -> Option<String> {
        let peer = Peer(SocketAddr::new(peer.parse().unwrap(), 40_000));
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", line.parse().unwrap());
        }
        caller(Some(&peer), &headers, &networks(proxies).unwrap()).map(|address| address.to_string())
    }

    #[test]
    fn only_proxies_of_ours_are_believed() {
        let rows: &[(&str, &[&str], &str, Option<&str>)] = &[
            ("203.0.113.9", &[], "", Some("203.0.113.9")),
            ("203.0.113.9", &["198.51.100.1"], "", Some("203.0.113.9")),
            ("10.1.2.3", &["198.51.100.1"], "10.0.0.0/8", Some("198.51.100.1")),
            ("10.1.2.3", &["6.6.6.6, 198.51.100.1"], "10.0.0.0/8", Some("198.51.100.1")),
            ("10.1.2.3", &["6.6.6.6", "198.51.100.1, 10.9.9.9"], "10.0.0.0/8", Some("198.51.100.1")),
            ("10.1.2.3", &["no address"], "10.0.0.0/8", Some("10.1.2.3")),
            ("10.1.2.3", &["6.6.6.6, no address, 10.9.9.9"], "10.0.0.0/8", Some("10.9.9.9")),
            ("127.0.0.1", &[], "", None),
            ("127.0.0.1", &["198.51.100.1"], "", None),
            ("127.0.0.1", &["198.51.100.1:5555"], "127.0.0.1", Some("198.51.100.1")),
            ("::1", &["[2001:db8::7]:443"], "::1", Some("2001:db8::")),
            ("::ffff:203.0.113.9", &[], "", Some("203.0.113.9")),
            ("2001:db8:1:2:3:4:5:6", &[], "", Some("2001:db8:1:2::")),
        ];
        for (peer, forwarded, proxies, want) in rows {
            assert_eq!(from(peer, forwarded, proxies).as_deref(), *want, "{peer} {forwarded:?} {proxies}");
        }
        assert_eq!(caller(None, &HeaderMap::new(), &[]), None);
    }

    #[test]
    fn networks_are_read_or_refused() {
        assert_eq!(networks("10.0.0.0/8, ::1  192.0.2.1").map(|n| n.len()), Some(3));
        assert_eq!(networks(""), Some(vec![]));
        for wrong in ["10.0.0.0/33", "proxy.local", "10.0.0/8", "::1/129", "1.1.1.1/-1"] {
            assert_eq!(networks(wrong), None, "{wrong}");
        }
        let any: Network = "0.0.0.0/0".parse().unwrap();
        assert!(any.contains("8.8.8.8".parse().unwrap()) && !any.contains("2001:db8::1".parse().unwrap()));
    }
}
