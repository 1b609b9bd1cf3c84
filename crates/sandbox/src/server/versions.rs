//! The API versions that are taken: all of those whose shapes are known, and none at all.

use crate::core::work::API_VERSION;

const KNOWN: &[&str] = &[
    "2024-12-18.acacia",
    "2025-01-27.acacia",
    "2025-02-24.acacia",
    "2025-03-31.basil",
    "2025-04-30.basil",
    "2025-05-28.basil",
    "2025-06-30.basil",
    "2025-07-30.basil",
    "2025-08-27.basil",
    "2025-09-30.clover",
    "2025-10-29.clover",
    "2025-11-17.clover",
    "2025-12-15.clover",
    "2026-01-28.clover",
    "2026-02-25.clover",
    "2026-03-25.dahlia",
    "2026-04-22.dahlia",
    API_VERSION,
    "2026-06-24.dahlia",
    "2026-07-29.dahlia",
    "2026-08-26.dahlia",
    "2026-09-30.endive",
    "2026-10-28.endive",
];

/// Whether a version exists. Whatever is asked for, the answer has the shape of [`API_VERSION`].
pub(crate) fn is_known(version: &str) -> bool {
    KNOWN.contains(&version)
}
