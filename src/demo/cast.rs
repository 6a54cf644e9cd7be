//! The people of the demo: an administrator and two to sign in as, and bots.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::try_join_all;
use secrecy::SecretString;
use uuid::Uuid;

use crate::app::App;
use crate::app::auth::{LoginName, Origin, Signup};
use crate::app::users::ProfileChange;
use crate::auth::Credential;
use crate::auth::random;
use crate::demo::pictures;
use crate::dice::Dice;
use crate::domain::ids::UserKey;
use crate::domain::media::AvatarFolder;
use crate::domain::sessions::{Door, Viewer};
use crate::domain::users::UserType;
use crate::error::Result;

/// Longer than anyone looks at a demo.
const SESSION_LASTS: Duration = Duration::from_hours(24 * 30);

/// What someone is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Administrator,
    /// For whoever tries the demo.
    Guest,
    Bot,
}

/// Someone to be.
#[derive(Debug)]
struct Role {
    part: Part,
    username: &'static str,
    first_name: &'static str,
    last_name: &'static str,
    bio: &'static str,
}

const fn role(
    part: Part,
    username: &'static str,
    (first_name, last_name): (&'static str, &'static str),
    bio: &'static str,
) -> Role {
    Role { part, username, first_name, last_name, bio }
}

const ROLES: [Role; 13] = [
    role(Part::Administrator, "ada", ("Ada", "Molina"), "Keeps the keys and the minutes."),
    role(Part::Guest, "june", ("June", "Harper"), "Tea first."),
    role(Part::Guest, "marco", ("Marco", "Silva"), "De sobremesa larga."),
    role(Part::Bot, "nadia", ("Nadia", "Karim"), "Grows more courgettes than she can give away."),
    role(Part::Bot, "tomas", ("Tomás", "Ibarra"), "Cocino para seis aunque seamos dos."),
    role(Part::Bot, "freya", ("Freya", "Lund"), "Mends what others throw away."),
    role(Part::Bot, "diego", ("Diego", "Paredes"), "Siempre con la mochila hecha."),
    role(Part::Bot, "ruth", ("Ruth", "Okafor"), "Reads the last page first."),
    role(Part::Bot, "lucia", ("Lucía", "Serrano"), "Del mercado a la olla."),
    role(Part::Bot, "owen", ("Owen", "Brandt"), "Has a tool for that."),
    role(Part::Bot, "pilar", ("Pilar", "Estrada"), "Coro los jueves, mar en agosto."),
    role(Part::Bot, "kenji", ("Kenji", "Mori"), "Walks at night, sleeps at noon."),
    role(Part::Bot, "vera", ("Vera", "Kowal"), "Speaks to plants, and they grow."),
];

/// Someone with an account.
#[derive(Debug)]
pub struct Person {
    role: &'static Role,
    pub(super) user: UserKey,
    pub(super) id: Uuid,
    pub password: SecretString,
}

/// Everyone, in the order of their roles.
pub(super) type Cast = Arc<[Person]>;

/// Everyone's place in the cast.
pub(super) fn places() -> std::ops::Range<usize> {
    0..ROLES.len()
}

/// The place of someone in the cast.
pub(super) fn place_of(username: &str) -> Option<usize> {
    ROLES.iter().position(|role| role.username == username)
}

impl Person {
    pub fn part(&self) -> Part {
        self.role.part
    }

    pub fn username(&self) -> &'static str {
        self.role.username
    }

    pub(super) fn is_bot(&self) -> bool {
        self.role.part == Part::Bot
    }

    /// Whether a text calls them by their name.
    pub(super) fn is_named_in(&self, text: &str) -> bool {
        let mut words = text.split(|c: char| !c.is_alphanumeric());
        words.any(|word| {
            let word = word.to_lowercase();
            word == self.role.username || word == self.role.first_name.to_lowercase()
        })
    }

    /// Opens a session, and gives what it is called by.
    pub(super) async fn sign_in(&self, app: &App) -> Result<Credential> {
        let origin = Origin { address: None, client: "Tertulia demo".to_owned() };
        let (name, password) = (LoginName::Username(self.role.username), self.password.clone());
        let opened =
            app.sign_in_cookie(&Viewer::Anonymous, &origin, Door::GraphQl, name, password, SESSION_LASTS);
        Ok(Credential::Key(opened.await?.1))
    }
}

/// Makes everyone's account, with a picture; for an administrator, with that right.
pub(super) async fn gather(app: &App, guests_password: &SecretString) -> Result<Cast> {
    let mut cast = Vec::with_capacity(ROLES.len());
    for role in &ROLES {
        let password = match role.part {
            Part::Administrator | Part::Guest => guests_password.clone(),
            Part::Bot => random::token().into(),
        };
        let signup = Signup {
            username: role.username.to_owned(),
            email: format!("{}@example.com", role.username),
            password: password.clone(),
            first_name: role.first_name.to_owned(),
            last_name: role.last_name.to_owned(),
            user_type: UserType::Other,
            phone: None,
            address: None,
        };
        let user = app.create_user(&Viewer::Operator, signup, role.part == Part::Administrator).await?;
        cast.push(Person { role, user: user.key, id: user.id, password });
    }
    try_join_all(cast.iter().enumerate().map(|(place, person)| async move {
        let avatar = pictures::avatar(&mut Dice::of(0, place))?;
        app.set_avatar(&Viewer::Operator, Some(person.user), AvatarFolder::User, avatar).await
    }))
    .await?;
    Ok(cast.into())
}

/// Has everyone say something of themselves.
pub(super) async fn introduce(app: &App, cast: &Cast, viewers: &[Viewer]) -> Result<()> {
    try_join_all(cast.iter().zip(viewers).map(|(person, viewer)| {
        let bio = Some(Some(person.role.bio.to_owned()));
        app.update_profile(viewer, None, ProfileChange { bio, ..ProfileChange::default() })
    }))
    .await?;
    Ok(())
}
