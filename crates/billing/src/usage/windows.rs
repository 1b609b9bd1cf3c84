//! How much is used of the windows of a batch's accounts.

use crate::Result;
use domain::allowance::Window;
use domain::ids::AccountId;
use domain::usage::WindowUse;
use std::collections::HashMap;
use store::usage::Units;
use store::{Tx, holds, usage};

#[derive(Debug, Default)]
pub(super) struct Windows {
    known: HashMap<AccountId, Vec<WindowUse>>,
    wanted: Vec<(AccountId, Window)>,
}

impl Windows {
    /// So many units of it are used.
    pub(super) fn know(&mut self, account: &AccountId, window: &Window, used: i64) {
        let of_account = self.known.entry(account.clone()).or_default();
        of_account.push(WindowUse { window: window.clone(), used, open: 0 });
    }

    /// It is read unless it is known.
    pub(super) fn want(&mut self, account: &AccountId, window: &Window) {
        let of_account = self.known.get(account).map(Vec::as_slice).unwrap_or_default();
        if !of_account.iter().any(|known| known.window.is(window)) {
            self.know(account, window, 0);
            self.wanted.push((account.clone(), window.clone()));
        }
    }

    /// What is wanted, and the units that holds have, of those accounts where they have any: most have none.
    pub(super) async fn read(&mut self, tx: &mut Tx, with_open: &[&AccountId]) -> Result<()> {
        if !self.wanted.is_empty() {
            let wanted: Vec<_> = self.wanted.iter().map(|(account, window)| (account, window)).collect();
            for units in usage::used_in(tx, &wanted).await? {
                self.set(&units, |known| known.used = units.units);
            }
        }
        if !with_open.is_empty() {
            for units in holds::open_units(tx, with_open).await? {
                self.set(&units, |known| known.open = units.units);
            }
        }
        Ok(())
    }

    fn set(&mut self, units: &Units, set: impl FnOnce(&mut WindowUse)) {
        let of_account = self.known.get_mut(&units.account_id).into_iter().flatten();
        if let Some(known) = of_account.into_iter().find(|known| units.are_of(&known.window)) {
            set(known);
        }
    }

    pub(super) fn take(&mut self, account: &AccountId) -> Vec<WindowUse> {
        self.known.remove(account).unwrap_or_default()
    }
}
