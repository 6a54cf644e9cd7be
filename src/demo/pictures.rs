//! Small pictures, drawn: of people, and of what they saw.

use crate::dice::Dice;
use crate::error::Result;
use crate::media::Picture;

const AVATAR_SIDE: u32 = 128;
const VIEW: (u32, u32) = (480, 320);

type Colour = [f32; 3];

/// A colour of a wheel that goes from 0 to 1, lighter or darker.
fn wheel(turn: f32, light: f32) -> Colour {
    let part = |shift: f32| {
        let wave = ((turn + shift) * std::f32::consts::TAU).cos().mul_add(0.5, 0.5);
        wave.mul_add(0.55, 0.35) * light
    };
    [part(0.0), part(1.0 / 3.0), part(2.0 / 3.0)]
}

fn mix(from: Colour, to: Colour, share: f32) -> Colour {
    let share = share.clamp(0.0, 1.0);
    let mut mixed = from;
    for (part, other) in mixed.iter_mut().zip(to) {
        *part += (other - *part) * share;
    }
    mixed
}

/// A number from 0 to 1.
fn chance(dice: &mut Dice) -> f32 {
    small(dice.below(1000)) / 1000.0
}

/// Exact for the sizes of pictures.
fn small(number: usize) -> f32 {
    f32::from(u16::try_from(number).unwrap_or(u16::MAX))
}

/// Draws what `colour` says of each point, from 0 to 1 in both directions.
fn draw((width, height): (u32, u32), colour: impl Fn(f32, f32) -> Colour) -> Result<Picture> {
    let side = |length: u32| usize::try_from(length).unwrap_or_default();
    let (columns, rows) = (side(width), side(height));
    let mut pixels = Vec::with_capacity(columns * rows * 3);
    for row in 0..rows {
        for column in 0..columns {
            let point = colour(small(column) / small(columns), small(row) / small(rows));
            pixels.extend(point.map(byte));
        }
    }
    Picture::drawn(width, height, pixels)
}

/// The nearest of the 256 steps.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is clamped")]
fn byte(part: f32) -> u8 {
    (part.clamp(0.0, 1.0) * 255.0).round() as u8
}

/// A face of sorts: a head and shoulders of two colours.
pub(super) fn avatar(dice: &mut Dice) -> Result<Picture> {
    let turn = chance(dice);
    let (back, front) = (wheel(turn, 1.0), wheel(turn + 0.4, 0.8));
    let (head, shoulders) = (chance(dice).mul_add(0.06, 0.2), chance(dice).mul_add(0.08, 0.34));
    draw((AVATAR_SIDE, AVATAR_SIDE), |x, y| {
        let from = |centre: f32| (x - 0.5).hypot(y - centre);
        let edge = (from(0.4) - head).min(from(1.02) - shoulders);
        mix(front, mix(back, [1.0; 3], 0.35 * (1.0 - y)), edge * 90.0)
    })
}

/// Hills before a sky with a sun.
pub(super) fn view(dice: &mut Dice) -> Result<Picture> {
    let turn = chance(dice);
    let sun = (chance(dice).mul_add(0.6, 0.2), chance(dice).mul_add(0.25, 0.15));
    let waves: Vec<(f32, f32, f32)> = (0..4)
        .map(|hill| {
            let height = small(hill).mul_add(0.13, 0.42);
            (height, chance(dice).mul_add(5.0, 2.0), chance(dice) * 6.0)
        })
        .collect();
    draw(VIEW, |x, y| {
        let glow = 1.0 - ((x - sun.0) * 1.5).hypot(y - sun.1) * 1.6;
        let sky = mix(wheel(turn, 1.0), [1.0, 0.95, 0.85], y * 0.8);
        let sky = mix(sky, [1.0, 0.98, 0.9], glow.max(0.0).powi(3));
        let covers =
            |&(height, speed, shift): &(f32, f32, f32)| y > (x * speed + shift).sin().mul_add(0.06, height);
        match waves.iter().rposition(covers) {
            Some(hill) => mix(sky, wheel(turn + 0.35, 0.55), small(hill + 1) * 0.24),
            None => sky,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_draws_another_picture_of_the_same_size() {
        let mut dice = Dice::of(1, 1);
        let (one, other) = (avatar(&mut dice).unwrap(), avatar(&mut dice).unwrap());
        assert_eq!((one.full.width, one.full.height), (AVATAR_SIDE, AVATAR_SIDE));
        assert_ne!(one.full.bytes, other.full.bytes);
        let (one, other) = (view(&mut dice).unwrap(), view(&mut dice).unwrap());
        assert_eq!((one.full.width, one.full.height), VIEW);
        assert_ne!(one.full.bytes, other.full.bytes);
        assert_eq!(view(&mut Dice::of(2, 1)).unwrap(), view(&mut Dice::of(2, 1)).unwrap());
    }
}
