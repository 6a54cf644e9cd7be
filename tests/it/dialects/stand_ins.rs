//! Pages of the originals, and the pages of ours that they lead to.

use super::support::{Body, Legacy};
use crate::support::{Db, TestApp};

#[tokio::test]
async fn the_administrations_of_the_originals_lead_to_the_desk() {
    let app = TestApp::start(Db::Sqlite).await;
    let anyone = Legacy::of(&app);
    for path in [
        "/backoffice_site/",
        "/backoffice_site",
        "/backoffice_site/login/?next=/backoffice_site/",
        "/compat/chatcrm/backoffice_site/",
        "/compat/chatcrm/backoffice_site/chats/chatmessage/7/change/",
        "/compat/condor/admin/",
        "/compat/condor/admin",
        "/compat/mrm/admin/",
        "/compat/mrm/admin/chat/message/",
        "/compat/thanchat/admin/",
        "/compat/rtca/admin/",
    ] {
        let reply = anyone.get(path).await;
        assert_eq!(
            (reply.status, reply.header("location"), reply.text.as_str()),
            (302, "/admin", ""),
            "{path}"
        );
        let posted = anyone.send(path, Body::Form(vec![("username", "amber".to_owned())])).await;
        assert_eq!(posted.status, 405, "{path}");
    }
    // Its own path is the desk's.
    assert_eq!(anyone.get("/admin/").await.status, 200);
}

#[tokio::test]
async fn the_first_page_of_condor_chat_leads_to_the_chat() {
    let app = TestApp::start(Db::Sqlite).await;
    for path in ["/compat/condor/", "/compat/condor"] {
        let reply = Legacy::of(&app).get(path).await;
        assert_eq!((reply.status, reply.header("location")), (302, "/"), "{path}");
    }
}

#[tokio::test]
async fn pages_of_a_dialect_that_is_off_lead_nowhere() {
    let app = TestApp::with(Db::Sqlite, &[("REST_DIALECTS", "mrm")]).await;
    for path in ["/backoffice_site/", "/compat/condor/admin/", "/accounts/login/", "/update_avatar/"] {
        assert_eq!(Legacy::of(&app).get(path).await.status, 404, "{path}");
    }
    assert_eq!(Legacy::of(&app).get("/compat/mrm/admin/").await.header("location"), "/admin");
    assert_eq!(Legacy::of(&app).get("/admin/").await.status, 200);
}
