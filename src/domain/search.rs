//! The words of messages, and what can be asked of them.
//!
//! A text is taken apart here and nowhere else, and the databases are given the words: so both find the same,
//! whatever locale they run in, and nothing that someone searches for is read as an operator.

use std::collections::HashSet;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;
use uuid::Uuid;

use crate::domain::Timestamp;
use crate::domain::users::check_text;
use crate::error::{Code, Error, Result, Text};

/// Of a longer word its beginning is kept, in texts and in what is asked. PostgreSQL takes words of 2 KB.
const WORD_CHARS_MAX: usize = 40;
/// Of a text with more different words the first ones are kept. PostgreSQL takes 1 MB of one message.
const WORDS_MAX: usize = 5_000;
/// Words that one search may ask for. Each is looked up, and then compared with all others.
const ASKED_WORDS_MAX: usize = 32;
/// Characters that one search may ask for.
const ASKED_CHARS_MAX: usize = 1_000;

/// Which messages to find; every field given must hold.
#[derive(Debug, Clone, Default)]
pub struct MessageSearch {
    /// Words or beginnings of words, all of which must occur.
    pub text: String,
    pub room: Option<Uuid>,
    pub sender: Option<Uuid>,
    /// Sent then or later.
    pub since: Option<Timestamp>,
    /// Sent before.
    pub until: Option<Timestamp>,
    pub has_attachment: Option<bool>,
    /// All rooms of the server.
    pub everywhere: bool,
}

impl MessageSearch {
    /// What to look for.
    ///
    /// # Errors
    /// `BAD_INPUT` where there is no word in the text, `TOO_LONG` for too many.
    pub fn words(&self) -> Result<Vec<String>> {
        let mut faults = Vec::new();
        check_text(&self.text, ASKED_CHARS_MAX, "text", &mut faults);
        Error::check(faults)?;
        let words = words(&self.text);
        if words.is_empty() {
            return Err(Error::new(Code::BadInput, Text::WordMissing).at("text"));
        }
        if words.len() > ASKED_WORDS_MAX {
            return Err(Error::new(Code::TooLong, Text::TooManyWords { max: ASKED_WORDS_MAX }).at("text"));
        }
        Ok(words)
    }
}

/// The different words of a text, in the order they first occur, in the form in which they are compared: letters
/// and digits, lower case, composed. Marks belong to what they stand on; all else only separates.
pub fn words(text: &str) -> Vec<String> {
    let (mut found, mut seen, mut word) = (Vec::new(), HashSet::new(), Word::default());
    // Lower case may leave what can be composed.
    let folded = text.nfkc().flat_map(char::to_lowercase).nfkc();
    for c in folded.chain([' ']) {
        if let Some(ended) = word.take(c)
            && found.len() < WORDS_MAX
            && seen.insert(ended.clone())
        {
            found.push(ended);
        }
    }
    found
}

/// A word as far as it has been read.
#[derive(Debug, Default)]
struct Word {
    text: String,
    chars: usize,
    stands_alone: bool,
}

impl Word {
    /// Takes the next character in; gives the word that ends before it.
    fn take(&mut self, c: char) -> Option<String> {
        let goes_on = (is_combining_mark(c) && self.chars > 0)
            || (c.is_alphanumeric() && !is_word(c) && !self.stands_alone);
        let ended = if goes_on {
            None
        } else {
            self.chars = 0;
            Some(std::mem::take(&mut self.text)).filter(|text| !text.is_empty())
        };
        if c.is_alphanumeric() || (is_combining_mark(c) && self.chars > 0) {
            if self.chars < WORD_CHARS_MAX {
                self.text.push(if c == 'ς' { 'σ' } else { c });
            }
            self.stands_alone = is_word(c) || (self.stands_alone && is_combining_mark(c));
            self.chars += 1;
        }
        ended
    }
}

/// Whether a character is a word by itself: in Chinese and Japanese there are no spaces between words.
const fn is_word(c: char) -> bool {
    matches!(c,
        '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn asked(text: &str) -> Result<Vec<String>> {
        MessageSearch { text: text.to_owned(), ..MessageSearch::default() }.words()
    }

    #[test]
    fn words_are_letters_and_digits_without_regard_to_case() {
        let table: [(&str, &[&str]); 13] = [
            ("", &[]),
            ("Hello, WORLD! hello?", &["hello", "world"]),
            ("amber@example.com", &["amber", "example", "com"]),
            ("https://a.example/x?y=1#z", &["https", "a", "example", "x", "y", "1", "z"]),
            ("<b>C++</b> -3.14e10 50%_off don't", &["b", "c", "3", "14e10", "50", "off", "don", "t"]),
            ("ÉLODIE Ørsted ΟΔΟΣ οδός", &["élodie", "ørsted", "οδοσ", "οδόσ"]),
            ("Straße STRASSE", &["straße", "strasse"]),
            ("ﬁne ＡＢＣ １２", &["fine", "abc", "12"]),
            ("“quoted”—dash…¿qué?", &["quoted", "dash", "qué"]),
            ("1️⃣ ❤️ 🦀crab🦀", &["1\u{fe0f}\u{20e3}", "crab"]),
            ("東京タワー is 高い", &["東", "京", "タ", "ワ", "ー", "is", "高", "い"]),
            ("हिन्दी العَرَبِيَّة", &["हिन्दी", "العَرَبِيَّة"]),
            ("a\0b\tc\nd\u{a0}e", &["a", "b", "c", "d", "e"]),
        ];
        for (text, expected) in table {
            assert_eq!(words(text), expected, "{text}");
        }
    }

    #[test]
    fn a_letter_with_its_mark_is_one_however_it_is_written() {
        assert_eq!(words("re\u{301}sume\u{301}"), words("résumé"));
        assert_eq!(words("\u{301}"), Vec::<String>::new(), "a mark on nothing is no word");
        assert_eq!(words("か\u{3099}く"), ["が", "く"]);
    }

    #[test]
    fn long_words_and_long_texts_are_cut() {
        assert_eq!(words(&"w".repeat(100_000)), ["w".repeat(WORD_CHARS_MAX)]);
        let many = (0..WORDS_MAX + 10).map(|number| number.to_string()).collect::<Vec<_>>().join(" ");
        assert_eq!(words(&many).len(), WORDS_MAX);
    }

    #[test]
    fn a_search_has_some_words_and_not_too_many() {
        assert_eq!(asked("Tea tea TEA").unwrap(), ["tea"]);
        for none in ["", "  ", "*", "\"'%_:&|!()<->", "🦀"] {
            let refusal = asked(none).unwrap_err();
            assert_eq!(refusal.code(), Code::BadInput, "{none}");
            assert_eq!(refusal.to_string(), "BAD_INPUT: Give at least one word, or the beginning of one.");
        }
        let many = |count: usize| (0..count).map(|number| number.to_string()).collect::<Vec<_>>().join(" ");
        assert_eq!(asked(&many(ASKED_WORDS_MAX)).unwrap().len(), ASKED_WORDS_MAX);
        assert_eq!(asked(&many(ASKED_WORDS_MAX + 1)).unwrap_err().code(), Code::TooLong);
        assert_eq!(asked(&"w".repeat(ASKED_CHARS_MAX + 1)).unwrap_err().code(), Code::TooLong);
        assert_eq!(asked("a\0b").unwrap_err().code(), Code::BadInput);
    }

    proptest! {
        #[test]
        fn of_the_ascii_signs_a_word_holds_small_letters_and_digits_alone(text in "\\PC{0,60}") {
            for word in words(&text) {
                prop_assert!(!word.is_empty() && word.chars().count() <= WORD_CHARS_MAX);
                let plain = |c: char| !c.is_ascii() || c.is_ascii_lowercase() || c.is_ascii_digit();
                prop_assert!(word.chars().all(plain), "{word:?}");
            }
        }

        #[test]
        fn words_come_back_as_they_went(text in "\\PC{0,60}") {
            let found = words(&text);
            prop_assert_eq!(words(&found.join(" ")), found);
        }

        #[test]
        fn case_makes_no_difference(text in "[a-zA-ZáéíóúñçÁÉÍÓÚÑÇα-ωΑ-Ωа-яА-Я0-9 ]{0,60}") {
            prop_assert_eq!(words(&text.to_uppercase()), words(&text.to_lowercase()));
        }
    }
}
