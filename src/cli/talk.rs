//! `yiwen ask` without a question: a conversation, with line editing on a terminal, else one turn a line of the input.

use std::io::{self, BufRead, IsTerminal};

use anyhow::{Context, Result, bail};
use jiff::civil::Date;
use rustyline::DefaultEditor;
use rustyline::error::ReadlineError;

use super::{Exit, print_line};
use crate::conversation::Conversation;
use crate::engine::{Engine, QUESTION_CHARS};
use crate::region::RegionCode;

/// How the conversation is held.
pub struct Manner {
    pub region: Option<RegionCode>,
    pub at: Date,
    /// A line of JSON a turn, as `/v1/chat` gives it.
    pub json: bool,
}

/// Talks until the input ends.
pub fn run(engine: &Engine, manner: &Manner) -> Result<Exit> {
    let mut conversation = Conversation::new(engine, manner.region, manner.at);
    if !io::stdin().is_terminal() {
        let mut turns = 0;
        for line in io::stdin().lock().lines() {
            let line = line.context("标准输入读不下去;应为 UTF-8 文字,一行一句")?;
            turns += usize::from(turn(&mut conversation, &line, manner.json)?);
        }
        if turns == 0 {
            bail!("没有要问的话;请写成 yiwen ask 问题,或在终端里直接运行 yiwen ask 对话");
        }
        return Ok(Exit::Done);
    }
    let mut editor = DefaultEditor::new().context("终端用不了;请写成 yiwen ask 问题")?;
    eprintln!("请直接说您的情况,缺什么会再问您;换个话题也可以。按 Ctrl-D 结束。");
    loop {
        match editor.readline("您:") {
            Ok(line) => {
                if turn(&mut conversation, &line, manner.json)? {
                    // History is kept for this conversation only, never in a file.
                    let _ = editor.add_history_entry(line);
                }
            }
            Err(ReadlineError::Eof | ReadlineError::Interrupted) => return Ok(Exit::Done),
            Err(error) => return Err(error).context("终端读不下去"),
        }
    }
}

/// One turn; false where the line says nothing.
fn turn(conversation: &mut Conversation<'_>, line: &str, json: bool) -> Result<bool> {
    if line.trim().is_empty() {
        return Ok(false);
    }
    let length = line.chars().count();
    if length > QUESTION_CHARS {
        // The conversation goes on: the person may say it again, shorter.
        eprintln!("这句话有 {length} 个字,最多 {QUESTION_CHARS} 个;请只写要紧的部分");
        return Ok(true);
    }
    let reply = conversation.say(line);
    if json {
        print_line(&serde_json::to_string(&reply).context("结果写不成 JSON")?)?;
    } else {
        print_line(&reply.reply)?;
    }
    Ok(true)
}
