//! `yiwen` (医问): question answering for Chinese medical insurance (医保). See README.md for the map.

#![forbid(unsafe_code)]

pub mod answer;
pub mod bench;
pub mod cli;
pub mod config;
pub mod conversation;
pub mod corpus;
pub mod dense;
pub mod engine;
pub mod eval;
pub mod facts;
pub mod gaps;
pub mod http;
pub mod index;
pub mod keys;
pub mod quickwit;
pub mod region;
pub mod retrieve;
pub mod rules;
pub mod text;
pub mod understand;
