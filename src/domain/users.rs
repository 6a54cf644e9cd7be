//! People and bots, and the rules for their names.

use uuid::Uuid;

use crate::domain::Timestamp;
use crate::domain::ids::UserKey;
use crate::error::{Code, Fault, Text};

/// A label the legacy servers know; not a permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UserType {
    Owner,
    Student,
    Staff,
    #[default]
    Other,
}

/// An account as its owner sees it. Faces decide what others see of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub key: UserKey,
    pub id: Uuid,
    pub username: String,
    pub first_name: String,
    pub last_name: String,
    /// What the person gave; not always the address to sign in with.
    pub email: String,
    pub user_type: UserType,
    pub bio: Option<String>,
    pub phone: Option<String>,
    pub address: Option<String>,
    /// Path below the media root.
    pub avatar: Option<String>,
    pub is_admin: bool,
    /// Set while nobody can sign in to it.
    pub disabled_at: Option<Timestamp>,
    pub created_at: Timestamp,
}

impl User {
    pub fn is_nameless(&self) -> bool {
        self.first_name.is_empty() && self.last_name.is_empty()
    }

    /// Both names as they are, with this between them, or the username of someone who has none.
    pub fn joined_name(&self, between: &str) -> String {
        if self.is_nameless() {
            return self.username.clone();
        }
        format!("{}{between}{}", self.first_name, self.last_name)
    }

    /// First and last name, or the username when both are blank.
    pub fn display_name(&self) -> String {
        display_name(&self.username, &self.first_name, &self.last_name)
    }
}

pub fn display_name(username: &str, first_name: &str, last_name: &str) -> String {
    let full = format!("{} {}", first_name.trim(), last_name.trim());
    match full.trim() {
        "" => username.to_owned(),
        full => full.to_owned(),
    }
}

/// The form in which names and addresses are compared and searched.
pub fn fold(name: &str) -> String {
    name.trim().to_lowercase()
}

/// Which people a list shows; every field given must hold.
#[derive(Debug, Clone, Default)]
pub struct UserFilter {
    /// Start of a username or of any name.
    pub search: Option<String>,
    pub exclude: Vec<Uuid>,
    pub exclude_viewer: bool,
    /// For administrators: who is locked out, or is not; by default both.
    pub disabled: Option<bool>,
    /// For administrators: who is one, or is not; by default both.
    pub is_admin: Option<bool>,
}

pub const USERNAME_CHARS_MAX: usize = 150;
pub const NAME_CHARS_MAX: usize = 150;
pub const EMAIL_CHARS_MAX: usize = 254;
pub const BIO_CHARS_MAX: usize = 2_000;
pub const PHONE_CHARS_MAX: usize = 255;
pub const ADDRESS_CHARS_MAX: usize = 500;

/// What a username may be made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UsernameRule {
    /// Letters, digits and `@ . + - _`, as most of the legacy servers have it.
    #[default]
    Plain,
    /// Whatever can be seen, and spaces inside, as condor_chat has it.
    Visible,
}

impl UsernameRule {
    fn allows(self, username: &str) -> bool {
        match self {
            Self::Plain => {
                username.chars().all(|c| c.is_alphanumeric() || matches!(c, '@' | '.' | '+' | '-' | '_'))
            }
            Self::Visible => username.trim() == username && username.chars().all(is_visible),
        }
    }
}

/// Neither a control character, nor one that only bends how others are shown.
fn is_visible(c: char) -> bool {
    let bends = matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}');
    !bends && !c.is_control() && (c == ' ' || !c.is_whitespace())
}

/// As [`check_username_by`], of the plain ones.
pub fn check_username(username: &str, faults: &mut Vec<Fault>) {
    check_username_by(UsernameRule::Plain, username, faults);
}

pub fn check_username_by(rule: UsernameRule, username: &str, faults: &mut Vec<Fault>) {
    if username.is_empty() {
        faults.push(Fault::new(Code::Empty, Text::Empty, "username"));
    } else if username.chars().count() > USERNAME_CHARS_MAX {
        faults.push(Fault::new(Code::TooLong, Text::TooLong { chars_max: USERNAME_CHARS_MAX }, "username"));
    } else if !rule.allows(username) {
        faults.push(Fault::new(Code::BadInput, Text::UsernameCharacters, "username"));
    }
}

/// One `@`, something before it, a dotted name behind it, no white space. Only a letter that arrives proves more.
pub fn check_email(email: &str, faults: &mut Vec<Fault>) {
    let well_formed = || {
        let (local, host) = email.rsplit_once('@')?;
        let dotted = host.split('.').count() > 1 && host.split('.').all(|label| !label.is_empty());
        let plain = !email.contains(|c: char| c.is_whitespace() || c.is_control()) && !local.contains('@');
        (!local.is_empty() && dotted && plain).then_some(())
    };
    if email.is_empty() {
        faults.push(Fault::new(Code::Empty, Text::Empty, "email"));
    } else if email.chars().count() > EMAIL_CHARS_MAX {
        faults.push(Fault::new(Code::TooLong, Text::TooLong { chars_max: EMAIL_CHARS_MAX }, "email"));
    } else if well_formed().is_none() {
        faults.push(Fault::new(Code::BadInput, Text::EmailInvalid, "email"));
    }
}

/// An optional text of bounded length, without NUL.
pub fn check_text(text: &str, chars_max: usize, field: &'static str, faults: &mut Vec<Fault>) {
    if text.contains('\0') {
        faults.push(Fault::new(Code::BadInput, Text::HasNul, field));
    } else if text.chars().count() > chars_max {
        faults.push(Fault::new(Code::TooLong, Text::TooLong { chars_max }, field));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(check: impl Fn(&mut Vec<Fault>)) -> Vec<Code> {
        let mut faults = Vec::new();
        check(&mut faults);
        faults.into_iter().map(|fault| fault.code).collect()
    }

    #[test]
    fn usernames_take_letters_digits_and_five_signs() {
        for good in ["amber", "Zoë", "a.b+c-d_e@f", "7"] {
            assert_eq!(faults(|f| check_username(good, f)), [], "{good}");
        }
        assert_eq!(faults(|f| check_username("", f)), [Code::Empty]);
        for bad in ["a b", "a\0", "a/b", "<b>", "\u{202e}x"] {
            assert_eq!(faults(|f| check_username(bad, f)), [Code::BadInput], "{bad:?}");
        }
        assert_eq!(faults(|f| check_username(&"a".repeat(151), f)), [Code::TooLong]);
    }

    #[test]
    fn some_doors_take_whatever_can_be_seen() {
        let check = |name: &str| faults(|f| check_username_by(UsernameRule::Visible, name, f));
        for good in ["z z!", "<b>", "a/b", "émile 🎈"] {
            assert_eq!(check(good), [], "{good}");
        }
        for bad in [" a", "a ", "a\0", "a\tb", "\u{202e}x", "a\u{200b}b", "a\u{a0}b"] {
            assert_eq!(check(bad), [Code::BadInput], "{bad:?}");
        }
        assert_eq!(check(""), [Code::Empty]);
    }

    #[test]
    fn addresses_need_a_name_and_a_dotted_host() {
        for good in ["a@b.co", "first.last+tag@mail.example.org"] {
            assert_eq!(faults(|f| check_email(good, f)), [], "{good}");
        }
        for bad in ["a", "@b.co", "a@b", "a@b..co", "a b@c.de", "a@b@c.de", "a@b.co\n"] {
            assert_eq!(faults(|f| check_email(bad, f)), [Code::BadInput], "{bad:?}");
        }
    }

    #[test]
    fn the_display_name_falls_back_on_the_username() {
        assert_eq!(display_name("amber", "Amber", "Stone"), "Amber Stone");
        assert_eq!(display_name("amber", "", " Stone"), "Stone");
        assert_eq!(display_name("amber", " ", ""), "amber");
    }
}
