//! The 22-character ids of ChatCRM: a UUID written in 57 digits that are not mistaken for one another.

use uuid::Uuid;

const DIGITS: &[u8; 57] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const LENGTH: usize = 22;

/// The id, most significant digit first.
pub fn encode(id: Uuid) -> String {
    let mut number = id.as_u128();
    let mut digits = [DIGITS[0]; LENGTH];
    for digit in digits.iter_mut().rev() {
        let place = usize::try_from(number % 57).unwrap_or_default();
        *digit = DIGITS.get(place).copied().unwrap_or(DIGITS[0]);
        number /= 57;
    }
    digits.iter().map(|digit| char::from(*digit)).collect()
}

/// The UUID of an id, if it is one.
pub fn decode(text: &str) -> Option<Uuid> {
    if text.len() != LENGTH {
        return None;
    }
    let number = text.bytes().try_fold(0_u128, |number, byte| {
        let digit = DIGITS.iter().position(|digit| *digit == byte)?;
        number.checked_mul(57)?.checked_add(u128::try_from(digit).ok()?)
    })?;
    Some(Uuid::from_u128(number))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ids_have_22_digits_at_either_end_of_the_range() {
        assert_eq!(encode(Uuid::nil()), "2".repeat(22));
        assert_eq!(encode(Uuid::max()).len(), 22);
        assert_eq!(decode(&encode(Uuid::max())), Some(Uuid::max()));
    }

    #[test]
    fn what_is_no_id_is_refused() {
        for odd in ["", "2", &"z".repeat(22), &"0".repeat(22), &"2".repeat(23), "ñññññññññññ"] {
            assert_eq!(decode(odd), None, "{odd}");
        }
    }

    #[test]
    fn short_ids_are_uuids_in_base_57() {
        assert_eq!(decode("2222222222222222222222"), Some(Uuid::nil()));
        assert_eq!(decode("2222222222222222222223"), Some(Uuid::from_u128(1)));
        assert_eq!(decode("222222222222222222222z"), Some(Uuid::from_u128(56)));
        assert_eq!(decode("2222222222222222222232"), Some(Uuid::from_u128(57)));
        for wrong in
            ["", "A6qHPrmcToAWJat3R9KMt", "A6qHPrmcToAWJat3R9KMt0", "zzzzzzzzzzzzzzzzzzzzzz", "ééééééééééé"]
        {
            assert_eq!(decode(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn an_id_is_read_back(number in any::<u128>()) {
            let id = Uuid::from_u128(number);
            prop_assert_eq!(decode(&encode(id)), Some(id));
        }
    }
}
