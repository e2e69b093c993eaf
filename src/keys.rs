//! Keys of callers: a name, what the key may do, and the SHA-256 of the key; the key itself is never kept.
//!
//! ```
//! use yiwen::keys::{Key, Keys, Scope, hash};
//! let keys = Keys::new(vec![Key { name: "hotline".into(), sha256: hash("k-0123"), scopes: vec![Scope::Read] }]);
//! assert_eq!(keys.find("Bearer k-0123").map(|key| key.name.as_str()), Some("hotline"));
//! assert!(keys.find("Bearer else").is_none());
//! ```

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// What a key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Ask and search, through every door.
    Read,
    /// Rebuild the index; includes reading.
    Admin,
}

impl Scope {
    /// Every scope with its word in the settings.
    pub const ALL: [(&'static str, Scope); 2] = [("read", Scope::Read), ("admin", Scope::Admin)];

    /// The word in the settings.
    pub fn word(self) -> &'static str {
        Scope::ALL.iter().find(|(_, scope)| *scope == self).map_or("", |(word, _)| word)
    }
}

/// One caller's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Shown in the log.
    pub name: String,
    pub sha256: [u8; 32],
    pub scopes: Vec<Scope>,
}

impl Key {
    /// Whether the key may do this.
    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope) || self.scopes.contains(&Scope::Admin)
    }
}

/// All keys of the service.
#[derive(Clone, Debug, Default)]
pub struct Keys(Vec<Key>);

impl Keys {
    pub fn new(keys: Vec<Key>) -> Keys {
        Keys(keys)
    }

    /// Whether asking takes a key: so it does once a key has been given the scope `read`.
    pub fn lock_reading(&self) -> bool {
        self.0.iter().any(|key| key.scopes.contains(&Scope::Read))
    }

    /// Whether anyone may administer.
    pub fn have_admin(&self) -> bool {
        self.0.iter().any(|key| key.may(Scope::Admin))
    }

    /// The key in an `Authorization` header. Every key is compared, each in constant time.
    pub fn find(&self, header: &str) -> Option<&Key> {
        let given = hash(bearer(header));
        let mut found = None;
        for key in &self.0 {
            if bool::from(key.sha256.ct_eq(&given)) {
                found = Some(key);
            }
        }
        found
    }

    pub fn iter(&self) -> impl Iterator<Item = &Key> {
        self.0.iter()
    }
}

/// The SHA-256 of a key.
pub fn hash(key: &str) -> [u8; 32] {
    Sha256::digest(key.as_bytes()).into()
}

/// A hash written as 64 hexadecimal digits, as `sha256sum` prints it.
pub fn parse_hash(text: &str) -> Option<[u8; 32]> {
    let digits: Vec<u32> = text.trim().chars().map(|c| c.to_digit(16)).collect::<Option<_>>()?;
    let bytes: Vec<u8> = digits.chunks_exact(2).map(|pair| (pair[0] * 16 + pair[1]) as u8).collect();
    if digits.len() == 64 { bytes.try_into().ok() } else { None }
}

/// The key itself. Platforms put `Bearer` in front of what people paste, and people paste `Bearer` too.
pub fn bearer(header: &str) -> &str {
    let mut rest = header.trim();
    while let Some((first, after)) = rest.split_once(char::is_whitespace)
        && first.eq_ignore_ascii_case("bearer")
    {
        rest = after.trim_start();
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_paste_is_forgiven() {
        for header in ["k", "Bearer k", "bearer k", "  Bearer   k ", "Bearer Bearer k", "BEARER bearer\tk"] {
            assert_eq!(bearer(header), "k", "{header:?}");
        }
        for header in ["", "Bearer", "Bearer ", "Basic k", "Bearerk"] {
            assert_ne!(bearer(header), "k", "{header:?}");
        }
    }

    #[test]
    fn a_hash_is_read_as_it_is_printed() {
        let printed = "8254c329a92850f6d539dd376f4816ee2764517da5e0235514af433164480d7a";
        assert_eq!(parse_hash(printed), Some(hash("k")));
        assert_eq!(parse_hash(&printed.to_uppercase()), Some(hash("k")));
        for wrong in ["", "82", &printed[1..], "zz54c329a92850f6d539dd376f4816ee2764517da5e0235514af433164480d7a"] {
            assert_eq!(parse_hash(wrong), None, "{wrong:?}");
        }
    }
}
