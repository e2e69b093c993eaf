//! `yiwen completions SHELL` and `yiwen man DIR`: made from the same table as `--help`.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::{Cli, Exit, print_line};

#[derive(Args)]
pub struct Arguments {
    /// bash、zsh、fish、elvish 或 powershell
    shell: Shell,
}

#[derive(Args)]
pub struct ManArguments {
    /// 写到这里:yiwen.1、yiwen-ask.1 ……
    dir: PathBuf,
}

/// The completions of a shell, on stdout.
pub fn run(arguments: &Arguments) -> Result<Exit> {
    let mut script = vec![];
    clap_complete::generate(arguments.shell, &mut Cli::command(), "yiwen", &mut script);
    print_line(String::from_utf8_lossy(&script).trim_end())?;
    Ok(Exit::Done)
}

/// A manual page for each command.
pub fn man(arguments: &ManArguments) -> Result<Exit> {
    let dir = &arguments.dir;
    std::fs::create_dir_all(dir).with_context(|| format!("建不了文件夹 {}", dir.display()))?;
    clap_mangen::generate_to(Cli::command(), dir).with_context(|| format!("写不到 {}", dir.display()))?;
    print_line(&format!("手册页已写到 {};查看:man -l {}", dir.display(), dir.join("yiwen.1").display()))?;
    Ok(Exit::Done)
}
