//! `yiwen` (医问): question answering for Chinese medical insurance (医保). See README.md for the map.

pub mod corpus;
pub mod facts;
pub mod region;
pub mod rules;
pub mod text;
pub mod understand;
