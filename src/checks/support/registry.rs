//! How a check is registered: the two macros, and a check as the engine, the
//! policy and the manual see it.

use serde::{Deserialize, Serialize};

use super::super::ChecksConfig;
use super::objections::Objections;
use crate::model::facts::Facts;
use crate::model::finding::Severity;
use crate::model::request::Concern;

/// What the policy does with a check's objections.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// The check does not run.
    Off,
    /// Objections are reported and never block.
    Audit,
    /// Objections block.
    Enforce,
}

/// What is known of a check without running it.
#[derive(Debug, Clone, Copy)]
pub struct CheckMeta {
    /// Kebab-case, named for what is wrong: a waiver reads "allow `<id>`".
    pub id: &'static str,
    /// One line.
    pub title: &'static str,
    /// How bad an objection is.
    pub severity: Severity,
    /// What it is about.
    pub concern: Concern,
    /// The CI, build and container systems whose files it reads; none for a
    /// check that does not look into them.
    pub systems: &'static [&'static str],
}

/// A check as the engine and the policy see it.
pub struct Registered {
    /// What is known of it.
    pub meta: CheckMeta,
    /// Its file below `src/checks`, without `.rs`.
    pub file: &'static str,
    /// Its source, whose `//!` lines are its page of the manual.
    pub(crate) source: &'static str,
    /// Reads its mode.
    pub mode: fn(&ChecksConfig) -> Mode,
    /// Changes its mode.
    pub set_mode: fn(&mut ChecksConfig, Mode),
    /// Runs it.
    pub run: fn(&ChecksConfig, &Facts, &mut Objections),
}

impl Registered {
    /// The check's page of the manual in Markdown: the `//!` lines of its file.
    pub fn documentation(&self) -> String {
        let lines = self
            .source
            .lines()
            .map_while(|line| line.strip_prefix("//!"));
        lines
            .map(|line| format!("{}\n", line.strip_prefix(' ').unwrap_or(line)))
            .collect()
    }
}

/// Registers checks: makes the module, its field in `ChecksConfig` and its
/// entry in `ALL`. Each module has `//!` lines (its page of the manual),
/// `META`, `Config` (made by `config!`) and `run`.
macro_rules! checks {
    ($($name:ident),+ $(,)?; $folder:ident: $($inner:ident),+ $(,)?) => {
        $(pub mod $name;)+

        /// The rules about what a change does to the build environment.
        pub mod $folder {
            $(pub mod $inner;)+
        }

        /// The configuration of every check, under `[checks.<id>]`.
        #[derive(
            Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
        )]
        #[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
        pub struct ChecksConfig {
            $(#[doc = concat!("The check `", stringify!($name), "`.")] pub $name: $name::Config,)+
            $(#[doc = concat!("The check `", stringify!($inner), "`.")] pub $inner: $folder::$inner::Config,)+
        }

        /// Every check, in the order of its registration.
        pub const ALL: &[Registered] = &[$(Registered {
            meta: $name::META,
            file: stringify!($name),
            source: include_str!(concat!(stringify!($name), ".rs")),
            mode: |config| config.$name.mode,
            set_mode: |config, mode| config.$name.mode = mode,
            run: |config, facts, objections| $name::run(&config.$name, facts, objections),
        },)+ $(Registered {
            meta: $folder::$inner::META,
            file: concat!(stringify!($folder), "/", stringify!($inner)),
            source: include_str!(concat!(stringify!($folder), "/", stringify!($inner), ".rs")),
            mode: |config| config.$inner.mode,
            set_mode: |config, mode| config.$inner.mode = mode,
            run: |config, facts, objections| $folder::$inner::run(&config.$inner, facts, objections),
        }),+];
    };
}

/// Makes a check's `Config`: its mode by default, then its own keys, each with
/// a comment (which is shown in the manual and the JSON Schema) and a default.
macro_rules! config {
    (mode = $mode:ident $(, $(#[$comment:meta])+ $key:ident: $type:ty = $default:expr)* $(,)?) => {
        /// The check's table in the policy.
        #[derive(
            Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
        )]
        #[serde(default, deny_unknown_fields)]
        #[schemars(inline)]
        pub struct Config {
            /// What to do about objections.
            pub mode: $crate::checks::Mode,
            $($(#[$comment])+ pub $key: $type,)*
        }

        impl Default for Config {
            fn default() -> Self {
                Self {
                    mode: $crate::checks::Mode::$mode,
                    $($key: $default,)*
                }
            }
        }
    };
}

/// Makes the `Config` of a rule about the build environment: what [`config!`]
/// makes, with the keys that all such rules have, and its terms.
macro_rules! build_config {
    (mode = $mode:ident, at_least = $least:ident
     $(, $(#[$comment:meta])+ $key:ident: $type:ty = $default:expr)* $(,)?) => {
        config! {
            mode = $mode,
            /// What is less bad than this is not reported: info, low, medium, high or critical.
            #[schemars(extend("x-layer" = "lower"))]
            at_least: $crate::model::finding::Severity = $crate::model::finding::Severity::$least,
            /// Whose approval of the present head lets it pass; empty stands for nobody's.
            #[schemars(extend("x-layer" = "narrow"))]
            approvers: std::collections::BTreeSet<$crate::checks::PrincipalSelector> =
                std::collections::BTreeSet::new()
            $(, $(#[$comment])+ $key: $type = $default)*
        }

        impl Config {
            fn terms(&self) -> $crate::checks::support::build::Terms<'_> {
                $crate::checks::support::build::Terms {
                    check: META.id,
                    at_least: self.at_least,
                    approvers: &self.approvers,
                }
            }
        }
    };
}
