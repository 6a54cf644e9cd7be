//! Pictures of people and files of messages, from an original's media folder.

use std::path::Path;

use tempfile::TempDir;
use tertulia::app::import::{ImportRequest, Report};
use tertulia::domain::sessions::Viewer;
use tertulia::storage::originals::{Dialect, Original};

use super::{File, Here, layouts, remarked};
use crate::media::png;
use crate::on_both;

async fn bring(here: &Here, dialect: Dialect, file: &File, media: Option<&Path>) -> Report {
    let original = Original::open(dialect, file.path().to_str().unwrap()).await.unwrap();
    let request = ImportRequest { source: None, media: media.map(Path::to_owned) };
    here.app.app.import(&Viewer::Operator, &original, request, &|_| {}).await.unwrap()
}

/// A media folder with these files.
fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    folder
}

const SHOWN: &str = "SELECT 'avatar ' || key || ' ' || avatar AS line FROM users WHERE avatar IS NOT NULL
    UNION ALL SELECT 'file ' || message_key || ' ' || file_name || ' of ' || owner_key AS line FROM uploads ORDER BY 1";

on_both!(pictures_come_with_their_people_and_messages_once, async |db: Db| {
    let file = File::of(&layouts::chat_crm()).await;
    let (face, shot) = (png(60, 40), png(300, 200));
    let media = folder(&[("user/amber.png", &face), ("tmp/pic.png", &shot)]);
    let mut here = Here::on(db).await;
    // Without the folder they are left out, and a later run brings them.
    let report = bring(&here, Dialect::ChatCrm, &file, None).await;
    assert_eq!((report.pictures.brought, report.pictures.left_out), (0, 2));
    assert_eq!(remarked(&report, "--media"), 2);
    let report = bring(&here, Dialect::ChatCrm, &file, Some(media.path())).await;
    assert_eq!((report.pictures.brought, report.pictures.left_out, report.messages.brought), (2, 0, 0));
    let shown = here.sql.lines(SHOWN).await;
    assert!(
        shown[0].starts_with("avatar 1 user/") && shown[0].rsplit('.').next() == Some("png"),
        "{shown:?}"
    );
    assert_eq!(shown[1..], ["file 2 pic.png of 1"]);
    let with_files = "SELECT key || ' ' || attachments AS line FROM messages WHERE attachments > 0";
    assert_eq!(here.sql.lines(with_files).await, ["2 1"]);
    let again = bring(&here, Dialect::ChatCrm, &file, Some(media.path())).await;
    assert_eq!((again.pictures.brought, again.pictures.known), (0, 2));
    assert_eq!(here.sql.lines(SHOWN).await, shown);
    // It can be fetched, as it was before.
    let path = shown[0].strip_prefix("avatar 1 ").unwrap();
    let answer = here.app.http.get(format!("{}/media/{path}", here.app.base)).send().await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), answer.headers()["content-type"].to_str().unwrap()),
        (200, "image/png")
    );
});

on_both!(files_that_are_missing_or_broken_or_elsewhere_are_reported, async |db: Db| {
    let file = File::of(&layouts::chat_crm()).await;
    let picture = png(20, 20);
    let media = folder(&[
        ("user/amber.png", b"no picture at all"),
        ("inside/tmp/pic.png", &picture),
        ("secret.png", &picture),
    ]);
    file.run(
        "UPDATE user_user SET image = '../secret.png' WHERE id = 2;
         UPDATE chat_chatmessage SET image = 'tmp/nowhere.png' WHERE id = 3;
         UPDATE chat_chatmessage SET image = 'tmp/pic.png' WHERE id IN (4, 5)",
    )
    .await;
    let here = Here::on(db).await;
    let report = bring(&here, Dialect::ChatCrm, &file, Some(&media.path().join("inside"))).await;
    // Amber's is not there, Boris's is outside, and one of a message is nowhere.
    assert_eq!(remarked(&report, "not in the media folder"), 3);
    // Message 4 is in no room and did not come; 5 has no sender.
    assert_eq!(remarked(&report, "did not come, or have no sender"), 2);
    assert_eq!(report.pictures.brought, 1);
    let report = bring(&here, Dialect::ChatCrm, &file, Some(media.path())).await;
    assert_eq!(remarked(&report, "are broken"), 1);
});

on_both!(documents_and_condors_folder_come_as_well, async |db: Db| {
    let mut here = Here::on(db).await;
    let later = File::of(&layouts::later_chat_crm()).await;
    let media = folder(&[("chat_files/plan.pdf", b"%PDF-1.4 of sorts")]);
    let report = bring(&here, Dialect::ChatCrm, &later, Some(media.path())).await;
    assert_eq!(report.pictures.brought, 1);
    assert_eq!(here.sql.lines(SHOWN).await, ["file 1 plan.pdf of 2"]);
    let condor = File::of(&layouts::condor()).await;
    let media = folder(&[("avatar_files/amber.png", &png(10, 10))]);
    bring(&here, Dialect::Condor, &condor, Some(media.path())).await;
    let shown = here.sql.lines(SHOWN).await;
    assert!(shown[0].contains(" avatar_files/") && shown[0].rsplit('.').next() == Some("png"), "{shown:?}");
});
