//! Which workers there are. A new one is a line here.

use crate::config::Mode;
use crate::state::{AppState, Shared};
use crate::workers::Workers;
use anyhow::Context as _;
use billing::outbox::{Carrier, Host, Mailer};
use domain::time::{HOUR, MINUTE};
use secrecy::ExposeSecret as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::Notify;
use url::Url;

pub(crate) fn start(workers: &Workers, state: &AppState) -> anyhow::Result<()> {
    let wall = &state.billing.clocks.wall;
    let nobody = || Arc::new(Notify::new());

    if let Some(mailer) = mailer(state)? {
        let (billing, wake) = (state.billing.clone(), state.billing.outbox_wake.clone());
        let mails = Carrier::Mail(mailer);
        workers.start("outbox", wall.clone(), wake, move || {
            let (billing, mails) = (billing.clone(), mails.clone());
            async move { billing.deliver_messages(&mails).await }
        });
    }

    if let Some(host) = &state.config.host_webhook {
        let (billing, wake) = (state.billing.clone(), state.billing.host_wake.clone());
        let host = Host::new(host.url.expose_secret(), &host.secrets).context("HOST_WEBHOOK_SECRET")?;
        let host = Carrier::Host(host);
        workers.start("host_webhooks", wall.clone(), wake, move || {
            let (billing, host) = (billing.clone(), host.clone());
            async move { billing.deliver_messages(&host).await }
        });
    }

    let billing = state.billing.for_workers();
    let wake = billing.inbox_wake.clone();
    workers.start("inbox", wall.clone(), wake, move || {
        let billing = billing.clone();
        async move { billing.inbox_step().await }
    });

    let billing = state.billing.clone();
    workers.start("entitlements", state.billing.clocks.business.clone(), nobody(), move || {
        let billing = billing.clone();
        async move { billing.tell_due_entitlements().await }
    });

    let billing = state.billing.clone();
    workers.start("card_reminders", state.billing.clocks.business.clone(), nobody(), move || {
        let billing = billing.clone();
        async move { billing.remind_of_cards().await }
    });

    let billing = state.billing.for_workers();
    workers.start("stuck_subscribes", wall.clone(), nobody(), move || {
        let billing = billing.clone();
        async move { billing.void_stuck_subscribes().await }
    });

    let billing = state.billing.for_workers();
    workers.start("plan_changes", wall.clone(), nobody(), move || {
        let billing = billing.clone();
        async move { billing.settle_plan_changes().await }
    });

    let billing = state.billing.for_workers();
    workers.start("pauses", wall.clone(), nobody(), move || {
        let billing = billing.clone();
        async move { billing.resume_paused().await }
    });

    let billing = state.billing.for_workers();
    let wake = billing.promises_wake.clone();
    workers.start("promised_refunds", wall.clone(), wake, move || {
        let billing = billing.clone();
        async move { billing.keep_promised_refunds().await }
    });

    let billing = state.billing.for_workers();
    workers.start("stuck_purchases", wall.clone(), nobody(), move || {
        let billing = billing.clone();
        async move { billing.void_stuck_purchases().await }
    });

    let billing = state.billing.for_workers();
    workers.start("abandoned_purchases", wall.clone(), nobody(), move || {
        let billing = billing.clone();
        async move { billing.void_abandoned_purchases().await }
    });

    // Until it has succeeded once: another instance may run a newer catalog by then.
    let (billing, seeded) = (state.billing.for_workers(), Arc::new(AtomicBool::new(false)));
    workers.start("seed", wall.clone(), nobody(), move || {
        let (billing, seeded) = (billing.clone(), seeded.clone());
        async move { if seeded.load(Ordering::SeqCst) { Ok(None) } else { billing.seed_step(&seeded).await } }
    });

    if let Some(hours) = state.config.reconcile_every_hours {
        let billing = state.billing.for_workers();
        workers.start("reconcile", wall.clone(), nobody(), move || {
            let billing = billing.clone();
            async move { billing.reconcile_step(i64::from(hours) * HOUR).await }
        });
    }

    let (billing, first) = (state.billing.for_workers(), Arc::new(AtomicBool::new(true)));
    workers.start("catch_up", wall.clone(), nobody(), move || {
        let (billing, first) = (billing.clone(), first.clone());
        async move {
            let next = billing.catch_up_step(first.load(Ordering::SeqCst)).await?;
            first.store(false, Ordering::SeqCst);
            Ok::<_, billing::Error>(next)
        }
    });

    let billing = state.billing.clone();
    workers.start("open_discrepancies", wall.clone(), nobody(), move || {
        let billing = billing.clone();
        async move {
            // A count of this size is exact as a float.
            let open = u32::try_from(billing.open_discrepancies().await?).unwrap_or(u32::MAX);
            metrics::gauge!("discrepancies_open").set(f64::from(open));
            Ok::<_, billing::Error>(Some(billing.wall().plus(MINUTE)))
        }
    });

    let billing = state.billing.clone();
    workers.start("retention", wall.clone(), nobody(), move || {
        let billing = billing.clone();
        async move { billing.forget_expired().await }
    });

    let shared = state.clone();
    workers.start("rate_limits", wall.clone(), nobody(), move || {
        let shared = shared.clone();
        async move {
            let wall = shared.billing.wall();
            shared.limits.forget_idle(wall);
            Ok::<_, billing::Error>(Some(wall.plus(MINUTE)))
        }
    });
    Ok(())
}

/// `None`: mails wait in the outbox until there is an SMTP_URL.
fn mailer(state: &Shared) -> anyhow::Result<Option<Mailer>> {
    match (&state.config.smtp_url, state.config.mode) {
        (Some(url), _) => {
            let public = Url::parse(&state.config.public_url)?;
            let host =
                public.host_str().context("PUBLIC_URL: without a host there is no sender's address")?;
            Ok(Some(Mailer::smtp(url, host).context("SMTP_URL")?))
        }
        (None, Mode::Sandbox) => Ok(Some(Mailer::Keep)),
        (None, Mode::Test | Mode::Live) => {
            tracing::warn!("without SMTP_URL no mail is sent");
            Ok(None)
        }
    }
}
