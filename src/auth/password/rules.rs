//! Which passwords are good enough: one floor for every door of the server.
//!
//! Pure rules over the text. They ask for length and for not being among the first guesses, and not for
//! capitals or symbols, which make passwords harder to remember rather than harder to guess.

use std::sync::LazyLock;

use crate::error::Text;

pub const CHARS_MIN: usize = 8;

/// What bcrypt can take: 72 bytes less the NUL at its end. More would be cut off unseen.
pub const BYTES_MAX: usize = 71;

/// The first guesses of those below [`CHARS_MIN`], which are refused anyway: whoever chose one learns that more of
/// the same will not do.
const COMMON_SHORT: [&str; 38] = [
    "000000", "0000", "111111", "1111", "112233", "121212", "1234", "12345", "123456", "1234567", "123123",
    "123321", "123abc", "1q2w3e", "1qaz2w", "654321", "666666", "696969", "abc123", "abcdef", "admin",
    "asdf", "asdfgh", "dragon", "hello", "letmein", "login", "master", "monkey", "pass", "passwd", "qazwsx",
    "qwerty", "root", "secret", "test", "welcome", "zxcvbn",
];

/// Passwords that are guessed first: lower case, sorted by byte, one a line, none below [`CHARS_MIN`].
static COMMON: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| include_str!("../common_passwords.txt").lines().collect());

/// Everything that is wrong with a new password; empty when it will do. `similar_to` are the names of
/// its owner (username, e-mail address), which are as easy to guess as a common password.
pub fn check(password: &str, similar_to: &[&str]) -> Vec<Text> {
    let mut wrong = Vec::new();
    if password.chars().count() < CHARS_MIN {
        wrong.push(Text::PasswordTooShort { chars_min: CHARS_MIN });
    }
    wrong.extend(unhashable(password));
    if password.len() <= BYTES_MAX {
        let folded = password.trim().to_lowercase();
        if is_common(&folded) || similar_to.iter().any(|name| is_name(&folded, name)) {
            wrong.push(Text::PasswordCommon);
        }
    }
    if !password.is_empty() && password.chars().all(char::is_numeric) {
        wrong.push(Text::PasswordAllDigits);
    }
    wrong
}

/// Why a password cannot be hashed as a whole, if it cannot.
pub(super) fn unhashable(password: &str) -> Option<Text> {
    if password.len() > BYTES_MAX {
        Some(Text::PasswordTooLong { bytes_max: BYTES_MAX })
    } else if password.contains('\0') {
        Some(Text::HasNul)
    } else {
        None
    }
}

fn is_common(folded: &str) -> bool {
    COMMON_SHORT.contains(&folded) || COMMON.binary_search(&folded).is_ok()
}

/// The name itself, or the part of an address before its `@`.
fn is_name(folded: &str, name: &str) -> bool {
    let name = name.trim().to_lowercase();
    let mailbox = name.split_once('@').map_or("", |(mailbox, _)| mailbox);
    !folded.is_empty() && (folded == name || folded == mailbox)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOO_SHORT: Text = Text::PasswordTooShort { chars_min: 8 };
    const TOO_LONG: Text = Text::PasswordTooLong { bytes_max: 71 };

    #[test]
    fn a_password_that_nobody_guesses_first_will_do() {
        for password in
            ["correct horse", "eight ch", "Zorro-77", "contraseña", "пароль-для-меня", "🦊🐻🐼🐨🐯🦁🐮🐷"]
        {
            assert_eq!(check(password, &[]), [], "{password}");
        }
    }

    #[test]
    fn seven_characters_are_too_few_however_many_bytes_they_are() {
        assert_eq!(check("zk3!vq9", &[]), [TOO_SHORT]);
        assert_eq!(check("🦊🐻🐼🐨🐯🦁🐮", &[]), [TOO_SHORT]);
        assert_eq!(check("", &[]), [TOO_SHORT]);
    }

    #[test]
    fn seventy_one_bytes_fit_and_one_more_does_not() {
        assert_eq!(check(&"kq".repeat(36)[1..], &[]), []);
        assert_eq!(check(&"kq".repeat(36), &[]), [TOO_LONG]);
        assert_eq!(check(&"x".repeat(80), &[]), [TOO_LONG]);
        assert_eq!(check(&"🦊".repeat(64), &[]), [TOO_LONG]);
    }

    #[test]
    fn common_passwords_are_refused_in_any_case() {
        for password in [
            "password",
            "PassWord",
            "password1",
            "Password123",
            "qwertyui",
            "qwertyuiop",
            "iloveyou",
            "sunshine1",
            "princess1",
            "football1",
            "trustno1",
            "passw0rd",
            "p@ssw0rd",
            "1q2w3e4r",
            "zaq12wsx",
            "letmein1",
            "admin123",
            "abcd1234",
            "superman",
            "starwars",
            " password ",
        ] {
            assert_eq!(check(password, &[]), [Text::PasswordCommon], "{password}");
        }
    }

    #[test]
    fn digits_alone_are_refused_in_any_script() {
        assert_eq!(check("83920174", &[]), [Text::PasswordAllDigits]);
        assert_eq!(check("٨٣٩٢٠١٧٤", &[]), [Text::PasswordAllDigits]);
        assert_eq!(check("12345678", &[]), [Text::PasswordCommon, Text::PasswordAllDigits]);
    }

    #[test]
    fn short_passwords_that_are_guessed_first_are_common_too() {
        for password in ["abc123", "Qwerty", " letmein "] {
            let wrong = check(password, &[]);
            assert!(wrong.contains(&Text::PasswordCommon), "{password}");
        }
        assert_eq!(check("abc123", &[]), [TOO_SHORT, Text::PasswordCommon]);
        assert_eq!(check("12345", &[]), [TOO_SHORT, Text::PasswordCommon, Text::PasswordAllDigits]);
        assert_eq!(check("83920", &[]), [TOO_SHORT, Text::PasswordAllDigits]);
        for word in COMMON_SHORT {
            assert!(word.chars().count() < CHARS_MIN && word.to_lowercase() == word, "{word}");
        }
    }

    #[test]
    fn a_nul_is_refused() {
        assert_eq!(check("kumquat\0tree", &[]), [Text::HasNul]);
    }

    #[test]
    fn ones_own_name_is_refused_and_a_part_of_it_is_not() {
        let names = ["Marianela", "mari.nela@example.org"];
        for password in ["marianela", "MARIANELA", "mari.nela", "mari.nela@example.org"] {
            assert_eq!(check(password, &names), [Text::PasswordCommon], "{password}");
        }
        assert_eq!(check("marianela rows at dawn", &names), []);
        assert_eq!(check("kumquats", &["", "@", "@example.org"]), []);
        assert_eq!(check("", &["", "@"]), [TOO_SHORT], "nothing is nobody's name");
    }

    #[test]
    fn the_common_list_is_sorted_folded_and_long_enough() {
        assert!(COMMON.len() >= 1000);
        assert!(COMMON.is_sorted_by(|a, b| a < b), "sort with LC_ALL=C sort -u");
        for line in COMMON.iter() {
            assert!(line.chars().count() >= CHARS_MIN && line.len() <= BYTES_MAX, "{line}");
            assert_eq!(*line, line.trim().to_lowercase());
        }
    }
}
