//! Makes a GIF anew frame by frame, never with more than one frame in memory.

use std::io::Cursor;

use gif::{DisposalMethod, Encoder, Repeat};
use image::codecs::gif::GifDecoder;
use image::{AnimationDecoder as _, DynamicImage, ImageDecoder as _};

use super::picture::{
    Bounds, Image, Picture, broken, check_size, is_small, limits, refusal, shrunk, too_large,
};
use crate::domain::media::FileType;
use crate::error::{Error, Result};

/// From 1, which is slow and good, to 30.
const SPEED: i32 = 20;

/// Keeps the frames and how long each shows. The small picture is the first frame.
pub(super) fn inspect(bytes: &[u8], bounds: &Bounds) -> Result<Picture> {
    let mut decoder = GifDecoder::new(Cursor::new(bytes)).map_err(|fault| refusal(fault, bounds))?;
    check_size(decoder.dimensions(), bounds)?;
    decoder.set_limits(limits(bounds)).map_err(|fault| refusal(fault, bounds))?;
    let (width, height) = decoder.dimensions();
    let side = |pixels: u32| u16::try_from(pixels).map_err(|_| too_large(bounds));
    let (wide, high) = (side(width)?, side(height)?);
    let mut written = Vec::new();
    let mut encoder = Encoder::new(&mut written, wide, high, &[]).map_err(Error::internal)?;
    // It has to stand before the frames, however many come.
    encoder.set_repeat(Repeat::Infinite).map_err(Error::internal)?;
    let mut first: Option<DynamicImage> = None;
    let mut frames = 0;
    let mut pixels = 0;
    for frame in decoder.into_frames() {
        let frame = frame.map_err(|fault| refusal(fault, bounds))?;
        frames += 1;
        pixels += u64::from(width) * u64::from(height);
        if frames > bounds.frames_max || pixels > bounds.animation_pixels_max {
            return Err(too_large(bounds));
        }
        let (numerator, denominator) = frame.delay().numer_denom_ms();
        let centiseconds = numerator / denominator.max(1) / 10;
        let mut shown = frame.into_buffer();
        if first.is_none() {
            first = Some(DynamicImage::ImageRgba8(shown.clone()));
        }
        let mut anew = gif::Frame::from_rgba_speed(wide, high, &mut shown, SPEED);
        anew.delay = u16::try_from(centiseconds).unwrap_or(u16::MAX);
        // Each frame is whole, so what was there before must not shine through.
        anew.dispose = DisposalMethod::Background;
        encoder.write_frame(&anew).map_err(Error::internal)?;
    }
    drop(encoder);
    let first = first.ok_or_else(|| broken("no frames"))?;
    let full = Image { file_type: FileType::Gif, width, height, bytes: written.into() };
    let thumbnail =
        if frames == 1 && is_small(&first, bounds) { None } else { Some(shrunk(&first, bounds)?) };
    Ok(Picture { full, thumbnail })
}
