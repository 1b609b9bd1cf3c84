//! Somebody who is signed in proves once more that it is they.

use super::{Error, Result, User, password};

pub(crate) async fn check_password(user: &User, given: Option<String>) -> Result<()> {
    let Some(given) = given else { return Err(Error::invalid("password", "is needed for this")) };
    if password::matches(given, user.password_hash.clone()).await? {
        Ok(())
    } else {
        Err(Error::invalid("password", "is wrong"))
    }
}
