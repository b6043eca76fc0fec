//! The programs that the guide shows are compiled as documentation tests.

#[doc = include_str!("../../docs/guide/restart.md")]
struct Restart;

#[doc = include_str!("../../docs/guide/upgrade.md")]
struct Upgrade;

#[doc = include_str!("../../docs/guide/observing.md")]
struct Observing;

#[doc = include_str!("../../docs/guide/from-overseer.md")]
struct FromOverseer;

#[doc = include_str!("../../docs/guide/from-littleboss.md")]
struct FromLittleboss;

#[doc = include_str!("../../docs/guide/from-self-update.md")]
struct FromSelfUpdate;

#[doc = include_str!("../../docs/guide/without-a-master.md")]
struct WithoutAMaster;

#[doc = include_str!("../../README.md")]
struct Readme;
