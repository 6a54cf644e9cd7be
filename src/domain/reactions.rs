//! What people say to a message with one emoji.

use crate::domain::ids::{MessageKey, UserKey};
use crate::error::{Code, Error, Result, Text};

/// One emoji, fully qualified, so that there is one spelling of each.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Emoji(&'static str);

impl Emoji {
    /// # Errors
    /// `BAD_INPUT` at `emoji` for anything but one emoji of Unicode's list, with or without variation selectors.
    pub fn parse(text: &str) -> Result<Self> {
        let known = emojis::get(text).ok_or_else(|| Error::new(Code::BadInput, Text::NoEmoji).at("emoji"))?;
        Ok(Self(known.as_str()))
    }

    pub const fn as_str(&self) -> &'static str {
        self.0
    }
}

/// Everyone who reacted to a message with one emoji.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReactionGroup {
    pub message: MessageKey,
    pub emoji: String,
    /// How many people they are.
    pub count: i64,
}

/// Someone's reaction. Later ones have higher keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reaction {
    pub key: i64,
    pub message: MessageKey,
    pub emoji: String,
    pub user: UserKey,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_emoji_has_one_spelling_and_nothing_else_is_one() {
        let parsed = |text| Emoji::parse(text).map(|emoji| emoji.as_str());
        assert_eq!(parsed("👍").unwrap(), "👍");
        assert_eq!(parsed("👍🏽").unwrap(), "👍🏽");
        assert_eq!(parsed("👩‍🚀").unwrap(), "👩‍🚀");
        assert_eq!(parsed("🇪🇸").unwrap(), "🇪🇸");
        // Without its variation selector, and with it.
        assert_eq!(parsed("\u{2764}").unwrap(), "\u{2764}\u{fe0f}");
        assert_eq!(parsed("\u{2764}\u{fe0f}").unwrap(), "\u{2764}\u{fe0f}");
        for text in ["", "a", "7", "👍👍", " 👍", "👍\u{200d}", ":+1:", "é", "\u{fe0f}"] {
            let refused = Emoji::parse(text).unwrap_err();
            assert_eq!(refused.code(), Code::BadInput, "{text:?}");
        }
    }
}
