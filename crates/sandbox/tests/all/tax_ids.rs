//! Tax ids of customers.

use crate::harness::id;
use serde_json::json;

stories! {
    async fn a_customer_has_tax_ids_until_they_are_deleted(world) {
        let customer = id(&world.post("/v1/customers", &[]).await);
        let url = format!("/v1/customers/{customer}/tax_ids");
        let made = world.post(&url, &[("type", "eu_vat"), ("value", "DE123456789")]);
        let (made, events) = world.events_of(made).await;
        assert_eq!(events, ["customer.tax_id.created"]);
        assert_eq!((&made["country"], &made["verification"]["status"]), (&json!("DE"), &json!("pending")));
        assert_eq!(made["owner"], json!({ "customer": customer, "type": "customer" }));
        let greek = world.post(&url, &[("type", "eu_vat"), ("value", "EL123456789")]).await;
        assert_eq!(greek["country"], "GR");
        assert_eq!(world.get(&url).await["data"], json!([greek, made]));
        let one = format!("{url}/{}", id(&made));
        assert_eq!(world.get(&one).await, made);
        let (gone, events) = world.events_of(world.delete(&one)).await;
        assert_eq!((gone, events), (json!({ "id": made["id"], "object": "tax_id", "deleted": true }), vec!["customer.tax_id.deleted".to_owned()]));
        assert_eq!(world.get(&url).await["data"], json!([greek]));
    }

    async fn what_is_no_tax_id_is_refused(world) {
        let customer = id(&world.post("/v1/customers", &[]).await);
        let other = id(&world.post("/v1/customers", &[]).await);
        let url = format!("/v1/customers/{customer}/tax_ids");
        for (kind, value) in [("eu_vat", "DE1"), ("eu_vat", "de123456789"), ("gb_vat", "GB12"), ("no_vat", "123456789"), ("ch_vat", "CHE-123.456.789")] {
            world.try_post(&url, &[("type", kind), ("value", value)]).await.refused(400, "tax_id_invalid");
        }
        let good = [("gb_vat", "GB123456789"), ("no_vat", "123456789MVA"), ("ch_vat", "CHE-123.456.789 MWST"), ("eu_vat", "FRAB123456789"), ("eu_vat", "XI123456789")];
        for (kind, value) in good {
            world.post(&url, &[("type", kind), ("value", value)]).await;
        }
        let sixth = world.try_post(&url, &[("type", "eu_vat"), ("value", "DE123456789")]).await;
        assert_eq!(sixth.status, 400);
        let made = world.get(&url).await["data"][0]["id"].as_str().unwrap().to_owned();
        world.try_get(&format!("/v1/customers/{other}/tax_ids/{made}")).await.refused(404, "resource_missing");
    }
}
