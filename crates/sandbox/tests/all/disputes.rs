//! Disputes: from the cardholder's complaint to the money's end.

use crate::harness::{Reply, World, id, saw, text};
use serde_json::{Value, json};

const DAY: i64 = 86_400;

/// A payment of 42 dollars with this card, and its dispute.
async fn disputed(world: &World, card: &str) -> (Value, Value) {
    let intent = world
        .post(
            "/v1/payment_intents",
            &[
                ("amount", "4200"),
                ("currency", "usd"),
                ("payment_method", card),
                ("confirm", "true"),
                ("payment_method_types[]", "card"),
                ("expand[]", "latest_charge"),
            ],
        )
        .await;
    let list = world.get(&format!("/v1/disputes?payment_intent={}", id(&intent))).await;
    (intent["latest_charge"].clone(), list["data"][0].clone())
}

async fn answer(world: &World, dispute: &Value, text: &str) -> Value {
    world.post(&format!("/v1/disputes/{}", id(dispute)), &[("evidence[uncategorized_text]", text)]).await
}

async fn read(world: &World, dispute: &Value) -> Value {
    world.get(&format!("/v1/disputes/{}", id(dispute))).await
}

async fn refund(world: &World, charge: &Value, amount: &str) -> Reply {
    world.try_post("/v1/refunds", &[("charge", &id(charge)), ("amount", amount)]).await
}

/// What the account has in all, pending money included.
async fn balance(world: &World) -> i64 {
    let balance = world.get("/v1/balance").await;
    let sum = |name: &str| {
        balance[name].as_array().unwrap().iter().map(|b| b["amount"].as_i64().unwrap()).sum::<i64>()
    };
    sum("available") + sum("pending")
}

stories! {
    async fn a_chargeback_takes_the_money_and_its_fee_at_once(world) {
        let ((charge, dispute), events) = world.events_of(disputed(world, "pm_card_createDispute")).await;
        assert_eq!(events, [
            "payment_intent.created", "charge.succeeded", "charge.dispute.created", "charge.dispute.funds_withdrawn",
            "payment_intent.succeeded",
        ]);
        assert_eq!((&dispute["status"], &dispute["reason"]), (&"needs_response".into(), &"fraudulent".into()));
        let card = json!({ "brand": "visa", "case_type": "chargeback", "network_reason_code": "10.4" });
        assert_eq!((&dispute["amount"], &dispute["payment_method_details"]["card"]), (&4200.into(), &card));
        assert_eq!((&dispute["is_charge_refundable"], &dispute["charge"]), (&false.into(), &charge["id"]));
        let withdrawal = &dispute["balance_transactions"][0];
        assert_eq!((&withdrawal["amount"], &withdrawal["fee"], &withdrawal["net"]), (&(-4200).into(), &1500.into(), &(-5700).into()));
        assert_eq!((&withdrawal["type"], &withdrawal["reporting_category"]), (&"adjustment".into(), &"dispute".into()));
        let charge = world.get(&format!("/v1/charges/{}?expand[]=dispute", id(&charge))).await;
        assert_eq!((&charge["disputed"], &charge["dispute"]["id"]), (&true.into(), &dispute["id"]));
        assert_eq!(world.get(&format!("/v1/charges/{}/dispute", id(&charge))).await["id"], dispute["id"]);
        world.advance(10).await;
        assert_eq!(balance(world).await, 4200 - 152 - 5700);
        let read = world.get(&format!("/v1/balance_transactions/{}?expand[]=source", id(withdrawal))).await;
        assert_eq!(read["source"]["object"], "dispute");
    }

    async fn what_was_charged_back_cannot_be_refunded_until_it_is_won(world) {
        let (charge, dispute) = disputed(world, "pm_card_createDisputeProductNotReceived").await;
        assert_eq!((&dispute["reason"], &dispute["payment_method_details"]["card"]["network_reason_code"]), (&"product_not_received".into(), &"13.1".into()));
        let refused = refund(world, &charge, "100").await.refused(400, "charge_disputed");
        assert_eq!(refused["message"], format!("Charge {} has been charged back; cannot issue a refund.", id(&charge)));
        let (sent, events) = world.events_of(answer(world, &dispute, "winning_evidence")).await;
        assert_eq!((&sent["status"], &sent["evidence_details"]["submission_count"]), (&"under_review".into(), &1.into()));
        assert_eq!((&sent["evidence_details"]["has_evidence"], &sent["evidence_details"]["past_due"]), (&true.into(), &false.into()));
        assert_eq!(events, ["charge.dispute.updated"]);
        refund(world, &charge, "100").await.refused(400, "charge_disputed");
        let (_, events) = world.events_of(world.advance(10)).await;
        saw(&events, &["charge.dispute.funds_reinstated", "charge.dispute.closed"]);
        let won = read(world, &dispute).await;
        assert_eq!((&won["status"], &won["is_charge_refundable"]), (&"won".into(), &true.into()));
        let back = &won["balance_transactions"][1];
        assert_eq!((&back["amount"], &back["fee"], &back["reporting_category"]), (&4200.into(), &0.into(), &"dispute_reversal".into()));
        assert_eq!(balance(world).await, 4200 - 152 - 1500);
        assert_eq!(refund(world, &charge, "100").await.ok()["status"], "succeeded");
        let closed = world.try_post(&format!("/v1/disputes/{}", id(&dispute)), &[("metadata[a]", "b")]).await;
        assert_eq!((closed.status, text(&closed.body["error"]["message"]).as_str()), (400, "This dispute is already closed"));
    }

    async fn a_dispute_is_lost_by_bad_evidence_by_giving_up_and_by_silence(world) {
        let (_, first) = disputed(world, "pm_card_createDispute").await;
        answer(world, &first, "losing_evidence").await;
        let (_, second) = disputed(world, "pm_card_createDispute").await;
        let (given_up, events) = world.events_of(world.post(&format!("/v1/disputes/{}/close", id(&second)), &[])).await;
        assert_eq!((&given_up["status"], events.as_slice()), (&"lost".into(), ["charge.dispute.closed".to_owned()].as_slice()));
        let (charge, third) = disputed(world, "pm_card_createDispute").await;
        let due_by = third["evidence_details"]["due_by"].as_i64().unwrap();
        assert_eq!((due_by + 1) % DAY, 0, "the end of a day");
        world.advance(due_by - world.now().await - 60).await;
        assert_eq!(read(world, &first).await["status"], "lost");
        assert_eq!(read(world, &third).await["status"], "needs_response");
        world.advance(61).await;
        let silent = read(world, &third).await;
        assert_eq!((&silent["status"], &silent["balance_transactions"].as_array().unwrap().len()), (&"lost".into(), &1));
        refund(world, &charge, "100").await.refused(400, "charge_disputed");
        assert_eq!(world.get("/v1/balance_transactions?type=adjustment").await["data"].as_array().unwrap().len(), 3);
        assert_eq!(balance(world).await, 3 * (4200 - 152 - 5700));
    }

    async fn evidence_is_staged_merged_taken_back_and_then_sent(world) {
        let (_, dispute) = disputed(world, "pm_card_createDispute").await;
        let url = format!("/v1/disputes/{}", id(&dispute));
        let (staged, events) = world.events_of(world.post(&url, &[
            ("evidence[customer_name]", "Jenny"), ("evidence[product_description]", "Membership"), ("submit", "false"), ("metadata[case]", "7"),
        ])).await;
        assert_eq!((&staged["status"], &staged["evidence"]["customer_name"]), (&"needs_response".into(), &"Jenny".into()));
        assert_eq!((&staged["evidence_details"]["has_evidence"], &staged["evidence_details"]["submission_count"]), (&true.into(), &0.into()));
        assert_eq!((events.as_slice(), &staged["metadata"]["case"]), (["charge.dispute.updated".to_owned()].as_slice(), &"7".into()));
        let merged = world.post(&url, &[("evidence[customer_name]", ""), ("evidence[service_date]", "2026-01-02"), ("submit", "false")]).await;
        assert_eq!((&merged["evidence"]["customer_name"], &merged["evidence"]["service_date"]), (&Value::Null, &"2026-01-02".into()));
        assert_eq!(merged["evidence"]["product_description"], "Membership");
        let file = world.try_post(&url, &[("evidence[receipt]", "file_none")]).await.refused(400, "resource_missing");
        assert_eq!(file["param"], "evidence[receipt]");
        world.try_post(&url, &[("evidence[nonsense]", "x")]).await.refused(400, "parameter_unknown");
        let sent = world.post(&url, &[("submit", "true")]).await;
        assert_eq!((&sent["status"], &sent["evidence_details"]["submission_count"]), (&"under_review".into(), &1.into()));
        world.advance(200 * DAY).await;
        assert_eq!(read(world, &dispute).await["status"], "under_review", "nothing in the evidence decides");
    }

    async fn an_inquiry_takes_nothing_and_is_closed_by_time_or_by_an_answer(world) {
        let ((charge, inquiry), events) = world.events_of(disputed(world, "pm_card_createDisputeInquiry")).await;
        assert!(!events.iter().any(|event| event == "charge.dispute.funds_withdrawn"), "{events:?}");
        assert_eq!((&inquiry["status"], &inquiry["is_charge_refundable"]), (&"warning_needs_response".into(), &true.into()));
        assert_eq!((&inquiry["balance_transactions"], &inquiry["payment_method_details"]["card"]["case_type"]), (&json!([]), &"inquiry".into()));
        assert_eq!(refund(world, &charge, "200").await.ok()["status"], "succeeded");
        let (_, answered) = disputed(world, "pm_card_createDisputeInquiry").await;
        assert_eq!(answer(world, &answered, "losing_evidence").await["status"], "warning_under_review");
        let (_, dismissed) = disputed(world, "pm_card_createDisputeInquiry").await;
        assert_eq!(world.post(&format!("/v1/disputes/{}/close", id(&dismissed)), &[]).await["status"], "warning_closed");
        let (_, events) = world.events_of(world.advance(10)).await;
        saw(&events, &["charge.dispute.closed"]);
        assert_eq!(read(world, &answered).await["status"], "warning_closed");
        world.advance(119 * DAY).await;
        assert_eq!(read(world, &inquiry).await["status"], "warning_needs_response");
        world.advance(DAY).await;
        assert_eq!(read(world, &inquiry).await["status"], "warning_closed");
        assert_eq!(balance(world).await, 3 * (4200 - 152) - 200);
    }

    async fn an_escalated_inquiry_takes_the_money_and_stops_a_refund_on_its_way(world) {
        let (old_charge, old) = disputed(world, "pm_card_createDisputeInquiry").await;
        let kept = refund(world, &old_charge, "1000").await.ok();
        world.advance(300).await;
        answer(world, &old, "escalate_inquiry_evidence").await;
        let (charge, inquiry) = disputed(world, "pm_card_createDisputeInquiry").await;
        let stopped = refund(world, &charge, "1000").await.ok();
        assert_eq!(answer(world, &inquiry, "escalate_inquiry_evidence").await["status"], "warning_under_review");
        let (_, events) = world.events_of(world.advance(10)).await;
        saw(&events, &["refund.failed", "charge.dispute.updated", "charge.dispute.funds_withdrawn"]);
        let now = read(world, &inquiry).await;
        assert_eq!((&now["status"], &now["is_charge_refundable"], &now["balance_transactions"][0]["amount"]), (&"needs_response".into(), &false.into(), &(-4200).into()));
        assert_eq!((&now["evidence_details"]["submission_count"], &now["payment_method_details"]["card"]["case_type"]), (&0.into(), &"chargeback".into()));
        let stopped = world.get(&format!("/v1/refunds/{}?expand[]=charge", id(&stopped))).await;
        assert_eq!((&stopped["status"], &stopped["failure_reason"]), (&"failed".into(), &"charge_for_pending_refund_disputed".into()));
        assert_eq!((&stopped["charge"]["amount_refunded"], &stopped["charge"]["refunded"]), (&0.into(), &false.into()));
        assert_eq!(world.get(&format!("/v1/refunds/{}", id(&kept))).await["status"], "succeeded", "it had arrived");
        refund(world, &charge, "1000").await.refused(400, "charge_disputed");
        answer(world, &inquiry, "winning_evidence").await;
        world.advance(10).await;
        assert_eq!(read(world, &inquiry).await["status"], "won");
    }

    async fn an_inquiry_into_what_was_refunded_whole_takes_nothing_any_more(world) {
        let (charge, inquiry) = disputed(world, "pm_card_createDisputeInquiry").await;
        refund(world, &charge, "4200").await.ok();
        answer(world, &inquiry, "escalate_inquiry_evidence").await;
        world.advance(10).await;
        let now = read(world, &inquiry).await;
        assert_eq!((&now["status"], &now["balance_transactions"]), (&"warning_closed".into(), &json!([])));
    }

    async fn a_held_payment_is_disputed_only_once_it_is_captured(world) {
        let held = world.post("/v1/payment_intents", &[
            ("amount", "4200"), ("currency", "usd"), ("payment_method", "pm_card_createDispute"), ("confirm", "true"),
            ("payment_method_types[]", "card"), ("capture_method", "manual"),
        ]).await;
        assert_eq!(world.get("/v1/disputes").await["data"], json!([]));
        let url = format!("/v1/payment_intents/{}/capture", id(&held));
        let (_, events) = world.events_of(world.post(&url, &[("amount_to_capture", "3000")])).await;
        saw(&events, &["charge.captured", "charge.dispute.created"]);
        assert_eq!(world.get("/v1/disputes").await["data"][0]["amount"], 3000);
    }

    async fn visas_own_evidence_says_what_is_missing_until_it_qualifies(world) {
        let (_, dispute) = disputed(world, "pm_card_createCe3EligibleDispute").await;
        assert_eq!(dispute["enhanced_eligibility_types"], json!(["visa_compelling_evidence_3"]));
        let status = |dispute: &Value| dispute["evidence_details"]["enhanced_eligibility"]["visa_compelling_evidence_3"].clone();
        assert_eq!(status(&dispute)["status"], "requires_action");
        let mut charges = Vec::new();
        for _ in 0..2 {
            let form = [("amount", "900"), ("currency", "usd"), ("source", "tok_visa")];
            charges.push(id(&world.post("/v1/charges", &form).await));
        }
        let url = format!("/v1/disputes/{}", id(&dispute));
        let at = |path: &str| format!("evidence[enhanced_evidence][visa_compelling_evidence_3]{path}");
        let mut form = vec![
            (at("[disputed_transaction][merchandise_or_services]"), "services"),
            (at("[disputed_transaction][product_description]"), "Membership"),
        ];
        for purchase in ["[disputed_transaction]", "[prior_undisputed_transactions][0]", "[prior_undisputed_transactions][1]"] {
            form.push((at(&format!("{purchase}[customer_purchase_ip]")), "1.2.3.4"));
            form.push((at(&format!("{purchase}[customer_account_id]")), "usr_1"));
        }
        for (number, charge) in charges.iter().enumerate() {
            form.push((at(&format!("[prior_undisputed_transactions][{number}][charge]")), charge));
        }
        form.push(("submit".into(), "false"));
        let send = async |form: &[(String, &str)]| {
            let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), *value)).collect();
            world.post(&url, &form).await
        };
        let staged = send(&form).await;
        assert_eq!(status(&staged), json!({ "required_actions": ["missing_prior_undisputed_transaction_description"], "status": "requires_action" }));
        for number in 0..2 {
            form.push((at(&format!("[prior_undisputed_transactions][{number}][product_description]")), "Membership"));
        }
        assert_eq!(status(&send(&form).await), json!({ "required_actions": [], "status": "qualified" }));
        let sent = world.post(&url, &[("evidence[enhanced_evidence]", ""), ("evidence[customer_name]", "Jenny")]).await;
        assert_eq!(status(&sent)["status"], "not_qualified");
        let (_, compliance) = disputed(world, "pm_card_createComplianceDispute").await;
        let url = format!("/v1/disputes/{}", id(&compliance));
        assert_eq!(world.try_post(&url, &[("evidence[customer_name]", "Jenny")]).await.status, 400, "the fee is not acknowledged");
        let fee = ("evidence[enhanced_evidence][visa_compliance][fee_acknowledged]", "true");
        assert_eq!(world.post(&url, &[("evidence[customer_name]", "Jenny"), fee]).await["status"], "under_review");
    }

    async fn disputes_are_listed_by_charge_by_intent_and_by_time(world) {
        let (first, one) = disputed(world, "pm_card_createDispute").await;
        world.advance(100).await;
        let (_, two) = disputed(world, "pm_card_createDispute").await;
        let ids = |list: &Value| list["data"].as_array().unwrap().iter().map(id).collect::<Vec<_>>();
        assert_eq!(ids(&world.get("/v1/disputes").await), [id(&two), id(&one)]);
        assert_eq!(ids(&world.get(&format!("/v1/disputes?charge={}", id(&first))).await), [id(&one)]);
        assert_eq!(ids(&world.get(&format!("/v1/disputes?created[gt]={}", one["created"])).await), [id(&two)]);
        assert_eq!(ids(&world.get(&format!("/v1/disputes?limit=1&starting_after={}", id(&two))).await), [id(&one)]);
        world.try_get("/v1/disputes/du_none").await.refused(404, "resource_missing");
        let (charge, _) = disputed(world, "pm_card_createMultipleDisputes").await;
        let both = world.get(&format!("/v1/disputes?charge={}", id(&charge))).await;
        let sum: i64 = both["data"].as_array().unwrap().iter().map(|dispute| dispute["amount"].as_i64().unwrap()).sum();
        assert_eq!((both["data"].as_array().unwrap().len(), sum), (2, 4200));
        let plain = world.post("/v1/charges", &[("amount", "900"), ("currency", "usd"), ("source", "tok_visa")]).await;
        assert_eq!(world.try_get(&format!("/v1/charges/{}/dispute", id(&plain))).await.status, 404);
        let url = format!("/v1/charges/{}/dispute", id(&first));
        assert_eq!(world.post(&url, &[("metadata[a]", "b")]).await["metadata"]["a"], "b");
        assert_eq!(world.post(&format!("{url}/close"), &[]).await["status"], "lost");
    }

    async fn an_early_warning_can_be_acted_on_until_its_charge_is_refunded(world) {
        let intent = world.post("/v1/payment_intents", &[
            ("amount", "4200"), ("currency", "usd"), ("payment_method", "pm_card_createIssuerFraudRecord"), ("confirm", "true"),
            ("payment_method_types[]", "card"),
        ]).await;
        let url = format!("/v1/radar/early_fraud_warnings?payment_intent={}", id(&intent));
        let warning = world.get(&url).await["data"][0].clone();
        assert_eq!((&warning["actionable"], &warning["charge"]), (&true.into(), &intent["latest_charge"]));
        let (_, events) = world.events_of(world.post("/v1/refunds", &[("payment_intent", &id(&intent))])).await;
        saw(&events, &["radar.early_fraud_warning.updated"]);
        let read = world.get(&format!("/v1/radar/early_fraud_warnings/{}?expand[]=charge", id(&warning))).await;
        assert_eq!((&read["actionable"], &read["charge"]["refunded"]), (&false.into(), &true.into()));
        assert_eq!(world.get("/v1/disputes").await["data"], json!([]));
    }
}
