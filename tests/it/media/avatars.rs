//! Pictures that people show of themselves.

use chrono::TimeDelta;
use image::GenericImageView as _;
use serde_json::{Value, json};
use tertulia::domain::ids::UserKey;
use tertulia::domain::media::AvatarFolder;
use tertulia::domain::sessions::Viewer;

use super::{fetch, header, png, stored, sweep, upload};
use crate::on_both;
use crate::support::Caller;
use crate::support::app::PASSWORD;

async fn show(caller: &Caller, upload: &Value) -> Value {
    let input = json!({ "avatarUploadId": upload });
    caller.mutate("updateProfile", input, "user { avatarUrl }").await["user"]["avatarUrl"].take()
}

on_both! {
    async fn a_person_shows_a_picture_and_then_another_and_then_none(app) {
        let (amber, boris) = (app.user("amber").await, app.user("boris").await);
        let first = show(&amber, &json!(upload(&amber, "me.png", png(900, 600)).await)).await;
        let start = format!("{}/media/user/", app.base);
        assert!(first.as_str().unwrap().starts_with(&start) && !first.as_str().unwrap().contains('?'), "{first}");
        let query = "query($u: ID!) { user(id: $u) { avatarUrl } }";
        let seen = boris.ask(query, json!({ "u": amber.id })).await;
        assert_eq!(seen["user"]["avatarUrl"], first);
        let shown = fetch(&app, &first).await;
        assert_eq!(header(&shown, "cache-control"), "public, max-age=31536000, immutable");
        let picture = image::load_from_memory(&shown.bytes().await.unwrap()).unwrap();
        assert_eq!(picture.dimensions(), (512, 341), "small, since it shows everywhere");
        sweep(&app).await;
        assert_eq!((stored(&app, "tmp").len(), stored(&app, "user").len()), (0, 1), "the upload is used up");

        let second = show(&amber, &json!(upload(&amber, "me2.png", png(30, 30)).await)).await;
        assert_ne!(first, second);
        sweep(&app).await;
        assert_eq!(fetch(&app, &first).await.status(), 200, "pages may still show it");
        app.pass(TimeDelta::hours(25));
        sweep(&app).await;
        assert_eq!((fetch(&app, &first).await.status().as_u16(), fetch(&app, &second).await.status().as_u16()), (404, 200));
        let amber = app.login("amber", PASSWORD).await;
        assert_eq!(show(&amber, &json!(null)).await, json!(null));
        app.pass(TimeDelta::hours(25));
        sweep(&app).await;
        assert_eq!(stored(&app, "user").len(), 0);
    }

    async fn only_an_own_unused_picture_can_be_shown(app) {
        let (amber, boris, admin) = (app.user("amber").await, app.user("boris").await, app.admin("root").await);
        let text = upload(&amber, "a.txt", b"text".to_vec()).await;
        let his = upload(&boris, "b.png", png(4, 4)).await;
        for wrong in [json!(text), json!(his), json!("no id"), json!(amber.id)] {
            let input = json!({ "avatarUploadId": wrong, "bio": "new" });
            assert_eq!(amber.refused("updateProfile", input).await, ["BAD_INPUT"], "{wrong}");
        }
        let mine = json!(upload(&amber, "c.png", png(4, 4)).await);
        let input = json!({ "avatarUploadId": mine, "username": "boris" });
        assert_eq!(amber.refused("updateProfile", input).await, ["USERNAME_TAKEN"]);
        let seen = amber.ask("{ viewer { bio avatarUrl } }", json!({})).await;
        assert_eq!(seen["viewer"], json!({ "bio": null, "avatarUrl": null }), "all of it or nothing");
        show(&amber, &mine).await;
        let input = json!({ "avatarUploadId": mine });
        assert_eq!(amber.refused("updateProfile", input).await, ["BAD_INPUT"], "it is used");
        let given = upload(&admin, "d.png", png(4, 4)).await;
        let input = json!({ "userId": boris.id, "avatarUploadId": given });
        assert_eq!(amber.refused("updateProfile", input.clone()).await, ["FORBIDDEN"]);
        admin.mutate("updateProfile", input, "").await;
        assert_ne!(boris.ask("{ viewer { avatarUrl } }", json!({})).await["viewer"]["avatarUrl"], json!(null));
        app.pass(TimeDelta::hours(1));
        sweep(&app).await;
        assert_eq!(stored(&app, "user").len(), 2, "copies that came to nothing are removed");
    }

    async fn faces_show_pictures_in_the_folders_that_their_callers_know(app) {
        app.user("amber").await;
        let picture = app.app.inspect_picture(&Viewer::Anonymous, png(10, 10).into()).await.unwrap();
        let set = async |viewer: &Viewer, folder| {
            app.app.set_avatar(viewer, Some(UserKey(1)), folder, picture.clone()).await
        };
        assert!(set(&Viewer::Anonymous, AvatarFolder::User).await.is_err());
        for (folder, name) in [(AvatarFolder::User, "user"), (AvatarFolder::Condor, "avatar_files")] {
            let user = set(&Viewer::Operator, folder).await.unwrap();
            let path = tertulia::app::media::avatar_path(&user).unwrap();
            assert!(path.starts_with(&format!("/media/{name}/")), "{path}");
            let shown = app.http.get(format!("{}{path}", app.base)).send().await.unwrap();
            assert_eq!((shown.status().as_u16(), header(&shown, "content-type")), (200, "image/png"));
        }
        assert!(app.app.inspect_picture(&Viewer::Anonymous, b"GIF89a".to_vec().into()).await.is_err());
    }
}
