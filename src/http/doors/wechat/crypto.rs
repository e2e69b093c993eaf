//! Signatures and the encrypted mode of WeChat and WeCom callbacks.
//!
//! A message is sealed by AES-256-CBC under the 32 bytes of EncodingAESKey, whose first 16 are the initial vector:
//! 16 random bytes, the length as four bytes, the message, the AppID or CorpID, padded to a multiple of 32.

use aes::Aes256;
use aes::cipher::block_padding::NoPadding;
use aes::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::prelude::BASE64_STANDARD;
use sha1::{Digest, Sha1};
use subtle::ConstantTimeEq;

/// Padding goes to a multiple of this, in bytes.
const BLOCK: usize = 32;
/// Random bytes in front.
const SALT: usize = 16;

/// EncodingAESKey has no padding, and its last character carries bits that count for nothing.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// SHA-1 of the sorted parts, in hexadecimal.
pub fn signature(parts: &[&str]) -> String {
    let mut sorted = parts.to_vec();
    sorted.sort_unstable();
    Sha1::digest(sorted.concat().as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether a signature is that of the parts; takes the same time wherever they differ.
pub fn signed(parts: &[&str], given: &str) -> bool {
    signature(parts).as_bytes().ct_eq(given.to_ascii_lowercase().as_bytes()).into()
}

/// The key of one callback.
pub struct Sealer {
    key: [u8; 32],
    /// AppID or CorpID; any is taken where none is known.
    id: Option<String>,
}

impl Sealer {
    /// `None` for an EncodingAESKey that is no key.
    pub fn new(aes_key: &str, id: Option<&str>) -> Option<Sealer> {
        Some(Sealer { key: LENIENT.decode(aes_key).ok()?.try_into().ok()?, id: id.map(str::to_owned) })
    }

    fn vector(&self) -> [u8; 16] {
        let mut vector = [0; 16];
        vector.copy_from_slice(&self.key[..16]);
        vector
    }

    /// The message and whom it is for; `None` where it was not sealed for this callback.
    pub fn open(&self, sealed: &str) -> Option<(String, String)> {
        let mut bytes = BASE64_STANDARD.decode(sealed.trim()).ok()?;
        let cipher = cbc::Decryptor::<Aes256>::new(&self.key.into(), &self.vector().into());
        let plain = cipher.decrypt_padded::<NoPadding>(&mut bytes).ok()?;
        let padding = usize::from(*plain.last()?);
        let plain = plain.get(..plain.len().checked_sub(padding)?).filter(|_| (1..=BLOCK).contains(&padding))?;
        let length: [u8; 4] = plain.get(SALT..SALT + 4)?.try_into().ok()?;
        let end = (SALT + 4).checked_add(usize::try_from(u32::from_be_bytes(length)).ok()?)?;
        let message = String::from_utf8(plain.get(SALT + 4..end)?.to_vec()).ok()?;
        let id = String::from_utf8(plain.get(end..)?.to_vec()).ok()?;
        self.id.as_ref().is_none_or(|own| *own == id).then_some((message, id))
    }

    /// Seals a reply for `id`. `salt` is fresh random bytes.
    pub fn seal(&self, message: &str, id: &str, salt: [u8; SALT]) -> String {
        let mut bytes = salt.to_vec();
        bytes.extend(u32::try_from(message.len()).unwrap_or(u32::MAX).to_be_bytes());
        bytes.extend(message.as_bytes());
        bytes.extend(id.as_bytes());
        let padding = BLOCK - bytes.len() % BLOCK;
        bytes.extend(std::iter::repeat_n(padding as u8, padding));
        let length = bytes.len();
        let cipher = cbc::Encryptor::<Aes256>::new(&self.key.into(), &self.vector().into());
        // The length is a multiple of the block, so there is always room.
        let sealed = cipher.encrypt_padded::<NoPadding>(&mut bytes, length).map(|b| BASE64_STANDARD.encode(b));
        sealed.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

    #[test]
    fn what_is_sealed_opens() {
        let sealer = Sealer::new(KEY, Some("wx1")).unwrap();
        for message in ["", "<xml>断缴4个月</xml>", &"补".repeat(700)] {
            let sealed = sealer.seal(message, "wx1", [7; SALT]);
            assert_eq!(sealer.open(&sealed), Some((message.to_owned(), "wx1".to_owned())));
        }
    }

    #[test]
    fn what_was_sealed_for_another_does_not() {
        let sealer = Sealer::new(KEY, Some("wx1")).unwrap();
        assert_eq!(sealer.open(&sealer.seal("x", "wx2", [7; SALT])), None);
        let other = Sealer::new(&KEY.to_uppercase(), Some("wx1")).unwrap();
        assert_eq!(sealer.open(&other.seal("x", "wx1", [7; SALT])), None);
        for broken in ["", "AAAA", "不是密文", &sealer.seal("x", "wx1", [7; SALT])[4..]] {
            assert_eq!(sealer.open(broken), None, "{broken}");
        }
    }

    #[test]
    fn a_signature_is_of_the_sorted_parts() {
        // printf %s 123abctoken | sha1sum
        let expected = signature(&["123", "abc", "token"]);
        assert_eq!(signature(&["token", "abc", "123"]), expected);
        assert_eq!(expected.len(), 40);
        assert!(signed(&["token", "abc", "123"], &expected.to_uppercase()));
        assert!(!signed(&["token", "abc", "124"], &expected));
        assert!(!signed(&["token", "abc", "123"], ""));
    }
}
