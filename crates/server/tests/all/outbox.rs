//! Mails that cannot be sent wait; people with power leave a trace.

use store::{Query as _, args};
use testkit::tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use testkit::tokio::net::TcpListener;
use testkit::tokio::sync::mpsc;
use testkit::tokio::{self};
use testkit::{App, Database, wait_until};

testkit::on_both_databases!(
    a_mail_that_cannot_be_sent_is_tried_again,
    a_mail_that_was_given_up_is_tried_again_when_somebody_asks,
    a_mail_is_sent_by_smtp_once_and_its_words_are_forgotten,
    the_same_news_is_told_once,
    the_command_line_makes_admins_and_invites_and_is_logged,
);

async fn a_mail_that_cannot_be_sent_is_tried_again(database: Database) {
    // A port where nobody answers.
    let app = App::start_with(database, &[("SMTP_URL", "smtp://127.0.0.1:9")]).await;
    app.register().await;
    let mail = wait_until("the first attempt has failed", async || {
        app.billing().mailbox(10).await.unwrap().pop().filter(|mail| mail.last_error.is_some())
    })
    .await;
    assert_eq!((mail.status.as_str(), mail.attempts), ("pending", 1));
    let due =
        store::outbox_messages::next_due(&mut app.database.db.reader(), "email").await.unwrap().unwrap();
    assert!(due > mail.created_at.plus(20_000), "{due}");
}

async fn a_mail_that_was_given_up_is_tried_again_when_somebody_asks(database: Database) {
    let app = App::start_with(database, &[("SMTP_URL", "smtp://127.0.0.1:9")]).await;
    app.register().await;
    let tried = async |status: &str, attempts: i64| {
        wait_until("it was tried", async || {
            let mail = app.billing().mailbox(10).await.unwrap().pop();
            mail.filter(|mail| {
                mail.last_error.is_some() && (&*mail.status, mail.attempts) == (status, attempts)
            })
        })
        .await
    };
    tried("pending", 1).await;
    // As if it had failed for a weekend.
    let mut tx = app.database.db.begin().await.unwrap();
    tx.run("UPDATE outbox_messages SET attempts = 17, next_attempt_at = 0", args![]).await.unwrap();
    tx.commit().await.unwrap();
    app.billing().outbox_wake();
    tried("failed", 18).await;
    assert_eq!(app.billing().replay_failed_mails().await.unwrap(), 1);
    tried("pending", 1).await;
    assert_eq!(app.billing().replay_failed_mails().await.unwrap(), 0);
}

/// Takes one mail after the other, as a server that needs no password would; answers what it was told.
async fn smtp_server() -> (String, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    let (mails, received) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let (read, mut write) = stream.into_split();
            let mut lines = BufReader::new(read).lines();
            write.write_all(b"220 here\r\n").await.unwrap();
            let mut mail = String::new();
            let mut in_data = false;
            while let Ok(Some(line)) = lines.next_line().await {
                let answer = match line.as_str() {
                    "." if in_data => {
                        in_data = false;
                        mails.send(std::mem::take(&mut mail)).unwrap();
                        "250 taken"
                    }
                    _ if in_data => {
                        mail.push_str(&line);
                        mail.push('\n');
                        continue;
                    }
                    "DATA" => {
                        in_data = true;
                        "354 go on"
                    }
                    "QUIT" => "221 bye",
                    _ => "250 fine",
                };
                write.write_all(format!("{answer}\r\n").as_bytes()).await.unwrap();
            }
        }
    });
    (url, received)
}

async fn a_mail_is_sent_by_smtp_once_and_its_words_are_forgotten(database: Database) {
    let (url, mut received) = smtp_server().await;
    let app = App::start_with(database, &[("SMTP_URL", &url)]).await;
    app.register().await;
    let mail = received.recv().await.unwrap();
    for part in [
        "To: member0@members.example",
        "Subject: Please verify your e-mail address",
        "From: \"AllThrive Billing\" <no-reply@127.0.0.1>",
        "Content-Type: text/plain",
        "Content-Type: text/html",
        "/verify-email?token=3Datv_",
    ] {
        assert!(mail.contains(part), "{part} is not in {mail}");
    }
    let sent = wait_until("it is noted", async || {
        app.billing().mailbox(10).await.unwrap().pop().filter(|mail| mail.status == "sent")
    })
    .await;
    assert!(mail.contains(&format!("<{}@allthrive-billing>", sent.id)));
    assert_eq!((sent.body_text.as_str(), sent.body_html.as_str(), sent.attempts), ("", "", 1));
    app.billing().outbox_wake();
    app.running.shutdown().await;
    assert!(received.try_recv().is_err(), "sent once");
}

async fn the_same_news_is_told_once(database: Database) {
    let app = App::start(database).await;
    let mail = || billing::outbox::templates::verify_email(&app.url, "token");
    let mut tx = app.database.db.begin().await.unwrap();
    let post = async |tx: &mut store::Tx| {
        app.billing().post(tx, None, "ada@members.example", mail(), Some("news 1")).await.unwrap()
    };
    assert!(post(&mut tx).await);
    assert!(!post(&mut tx).await);
    tx.commit().await.unwrap();
    assert_eq!(app.billing().mailbox(10).await.unwrap().len(), 1);
}

async fn the_command_line_makes_admins_and_invites_and_is_logged(database: Database) {
    let app = App::start(database).await;
    let member = app.register().await;
    let address = "Member0@Members.example";
    app.billing().make_admin(address).await.unwrap();
    for _ in 0..2 {
        let user = app.billing().the_user_with(address).await.unwrap();
        let actor = billing::admin_actions::Actor::command_line();
        app.billing().invite(&user.account_id, &actor, "").await.unwrap();
    }
    assert_eq!(member.get("/api/v1/auth/me/").await.expect(200)["user"]["role"], "admin");
    assert!(app.billing().the_user_with("nobody@members.example").await.is_err());

    let mut reader = app.database.db.reader();
    let sql = "SELECT action FROM admin_actions ORDER BY action";
    let logged: Vec<(String,)> = reader.all(sql, args![]).await.unwrap();
    let logged: Vec<_> = logged.iter().map(|row| row.0.as_str()).collect();
    assert_eq!(logged, ["account.invite", "user.make_admin"]);
}
