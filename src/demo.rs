//! A server to look at: people, rooms and what was said in past days, and bots that go on talking.
//!
//! All of it goes through the use cases, so it is data like any other. Starting and stopping the server is the
//! business of `cli/demo.rs`.

mod bots;
mod cast;
mod history;
mod pictures;
mod places;
mod talk;

use futures_util::future::try_join_all;
use secrecy::SecretString;

use crate::app::App;
use crate::clock::{Clock, Timestamp};
use crate::domain::sessions::Viewer;
use crate::error::Result;

pub use bots::talk;
pub use cast::{Part, Person};
pub use history::begins;

/// Who is there, and where.
#[derive(Debug)]
pub struct Scene {
    cast: cast::Cast,
    places: Vec<places::Place>,
}

impl Scene {
    /// Those to sign in as.
    pub fn guests(&self) -> impl Iterator<Item = &Person> {
        self.cast.iter().filter(|person| !person.is_bot())
    }
}

/// Fills an empty server, whose clock stands still at [`begins`] and is moved to `until`.
pub async fn fill(
    app: &App,
    clock: &Clock,
    until: Timestamp,
    guests_password: &SecretString,
) -> Result<Scene> {
    let cast = cast::gather(app, guests_password).await?;
    let viewers: Vec<Viewer> = try_join_all(cast.iter().map(|person| async {
        let credential = person.sign_in(app).await?;
        app.authenticate(&credential).await
    }))
    .await?;
    cast::introduce(app, &cast, &viewers).await?;
    let places = places::make(app, &cast, &viewers).await?;
    let scene = Scene { cast, places };
    history::tell(app, clock, &scene, &viewers, until).await?;
    // Nobody is signed in any more; who talks on signs in anew.
    try_join_all(viewers.iter().map(|viewer| app.logout(viewer, None))).await?;
    Ok(scene)
}
