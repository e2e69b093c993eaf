//! The XML of WeChat's messages: a root with members below it.

use quick_xml::Reader;
use quick_xml::events::Event;

use crate::http::problem::{Kind, Problem};

/// A text as it is quoted in a reply.
pub fn cdata(text: &str) -> String {
    format!("<![CDATA[{}]]>", text.replace("]]>", "]]]]><![CDATA[>"))
}

/// The members directly below the root, in order.
#[derive(Default)]
pub struct Members(Vec<(String, String)>);

impl Members {
    /// The first member of this name, unless it is empty.
    pub fn get(&self, name: &str) -> Option<String> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, value)| value.clone()).filter(|value| !value.is_empty())
    }

    /// The same, or an empty text.
    pub fn text(&self, name: &str) -> String {
        self.get(name).unwrap_or_default()
    }
}

/// Reads a message. No document type and no entity but the five of XML itself, so nothing is ever expanded.
pub fn members(xml: &str) -> Result<Members, Problem> {
    let broken = || Problem::new(Kind::BrokenXml, "消息不是完整的 XML,或带有文档类型声明、自定义实体");
    let mut reader = Reader::from_str(xml);
    let (mut members, mut path): (Members, Vec<String>) = (Members::default(), vec![]);
    loop {
        let said = match reader.read_event().map_err(|_| broken())? {
            Event::Start(start) => {
                path.push(start.name().as_ref().to_owned());
                if let [_, name] = path.as_slice() {
                    members.0.push((name.clone(), String::new()));
                }
                continue;
            }
            Event::End(_) => {
                path.pop();
                continue;
            }
            Event::Text(text) => (*text).to_owned(),
            Event::CData(text) => (*text).to_owned(),
            Event::GeneralRef(entity) => match entity.resolve_char_ref().map_err(|_| broken())? {
                Some(character) => character.to_string(),
                None => match &*entity {
                    "lt" => "<".to_owned(),
                    "gt" => ">".to_owned(),
                    "amp" => "&".to_owned(),
                    "quot" => "\"".to_owned(),
                    "apos" => "'".to_owned(),
                    _ => return Err(broken()),
                },
            },
            Event::DocType(_) => return Err(broken()),
            Event::Eof if path.is_empty() && !members.0.is_empty() => return Ok(members),
            Event::Eof => return Err(broken()),
            _ => continue,
        };
        if let ([_, _], Some((_, value))) = (path.as_slice(), members.0.last_mut()) {
            value.push_str(&said);
        }
    }
}
