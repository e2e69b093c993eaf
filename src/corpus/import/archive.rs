//! Files that are zip archives, as spreadsheets and Word files are: what they unpack to is bounded before it is read.

use std::io::{Cursor, Read};

use zip::ZipArchive;

/// All files of an archive together, unpacked; a workbook of a hundred thousand long answers is well below.
const UNPACKED: u64 = 256 * 1024 * 1024;
const PARTS: usize = 10_000;

/// An archive that unpacks to a bounded size.
pub struct Archive<'b>(ZipArchive<Cursor<&'b [u8]>>);

impl<'b> Archive<'b> {
    /// Opens an archive and unpacks it once, into nothing, because the sizes it names itself may be false.
    pub fn open(bytes: &'b [u8]) -> Result<Archive<'b>, String> {
        let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| broken())?;
        if archive.len() > PARTS {
            return Err(format!("压缩包里有 {} 个部分,最多 {PARTS} 个", archive.len()));
        }
        let mut left = UNPACKED;
        for part in 0..archive.len() {
            let mut reader = archive.by_index(part).map_err(|_| broken())?.take(left + 1);
            let size = std::io::copy(&mut reader, &mut std::io::sink()).map_err(|_| broken())?;
            left = left
                .checked_sub(size)
                .ok_or_else(|| format!("解开后超过 {} MiB,不收;请拆成几个文件", UNPACKED / 1024 / 1024))?;
        }
        Ok(Archive(archive))
    }

    /// The text of one part; `None` where there is no such part.
    pub fn text(&mut self, name: &str) -> Result<Option<String>, String> {
        if self.0.index_for_name(name).is_none() {
            return Ok(None);
        }
        let mut text = String::new();
        self.0.by_name(name).map_err(|_| broken())?.read_to_string(&mut text).map_err(|_| broken())?;
        Ok(Some(text))
    }
}

fn broken() -> String {
    "文件打不开:可能没有保存完整、设有密码,或只是改了扩展名;请用 WPS 或 Office 打开后重新保存".to_owned()
}
