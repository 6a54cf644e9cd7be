//! Makes a picture anew from what someone sent: what is no pixel does not survive it.
//!
//! What the bytes are is told by the bytes. Sizes are read from the header and compared with the bounds
//! before anything is decoded.

use std::io::{BufReader, Cursor};

use bytes::Bytes;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{DynamicImage, ImageDecoder as _, ImageError, ImageFormat, ImageReader, Limits, RgbImage};

use super::gifs;
use crate::domain::media::FileType;
use crate::error::{Code, Error, Result, Text};

const QUALITY: u8 = 88;
const THUMBNAIL_QUALITY: u8 = 80;
/// What a decoder may hold for a pixel: 4 channels of a byte, and a copy.
const BYTES_PER_PIXEL: u64 = 8;
/// What it may hold besides.
const OVERHEAD_BYTES: u64 = 4 * 1024 * 1024;

/// What a picture may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) bytes_max: usize,
    pub(super) pixels_max: u64,
    pub(super) frames_max: usize,
    /// Of all frames together.
    pub(super) animation_pixels_max: u64,
    pub(super) thumbnail_side: u32,
}

/// Encoded pixels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    pub file_type: FileType,
    pub width: u32,
    pub height: u32,
    pub bytes: Bytes,
}

/// A picture as it is kept: as it was, upright and without anything hidden; and small, unless it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    pub full: Image,
    pub thumbnail: Option<Image>,
}

impl Picture {
    /// One that was drawn here, no larger than a small one is. Each pixel is three bytes: red, green and blue.
    pub fn drawn(width: u32, height: u32, pixels: Vec<u8>) -> Result<Self> {
        let pixels = RgbImage::from_raw(width, height, pixels)
            .ok_or_else(|| Error::internal("a drawing has too few pixels"))?;
        Ok(Self { full: png(&pixels.into())?, thumbnail: None })
    }

    /// The one to show where many are shown.
    pub fn small(&self) -> &Image {
        self.thumbnail.as_ref().unwrap_or(&self.full)
    }
}

/// Whether bytes begin as a picture does; the first 16 are enough.
pub fn looks_like_picture(start: &[u8]) -> bool {
    format(start).is_some()
}

/// PNG, JPEG, GIF or WebP, whatever a name says.
fn format(bytes: &[u8]) -> Option<ImageFormat> {
    let known = [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::WebP];
    image::guess_format(bytes).ok().filter(|format| known.contains(format))
}

/// Decodes a picture and encodes it again.
pub(super) fn inspect(bytes: &[u8], bounds: &Bounds) -> Result<Picture> {
    if bytes.len() > bounds.bytes_max {
        return Err(Error::new(Code::BadInput, Text::FileTooLarge { bytes_max: bounds.bytes_max }));
    }
    let format = format(bytes).ok_or_else(|| Error::new(Code::BadInput, Text::NoPicture))?;
    if format == ImageFormat::Gif {
        return gifs::inspect(bytes, bounds);
    }
    // Decoders of JPEG fill what is missing with grey.
    if format == ImageFormat::Jpeg && !is_whole_jpeg(bytes) {
        return Err(broken("cut off"));
    }
    let mut reader = ImageReader::with_format(BufReader::new(Cursor::new(bytes)), format);
    reader.limits(limits(bounds));
    let mut decoder = reader.into_decoder().map_err(|fault| refusal(fault, bounds))?;
    check_size(decoder.dimensions(), bounds)?;
    // Unreadable metadata says nothing of which way is up.
    let orientation = decoder.orientation().unwrap_or(image::metadata::Orientation::NoTransforms);
    let mut pixels = DynamicImage::from_decoder(decoder).map_err(|fault| refusal(fault, bounds))?;
    pixels.apply_orientation(orientation);
    let full = match format {
        ImageFormat::Png => png(&pixels)?,
        // There is no encoder that loses as little and keeps as small.
        _ if has_transparency(&pixels) => png(&pixels)?,
        _ => jpeg(&pixels, QUALITY)?,
    };
    let thumbnail = if is_small(&pixels, bounds) { None } else { Some(shrunk(&pixels, bounds)?) };
    Ok(Picture { full, thumbnail })
}

pub(super) fn limits(bounds: &Bounds) -> Limits {
    let mut limits = Limits::default();
    limits.max_alloc = Some(bounds.pixels_max.saturating_mul(BYTES_PER_PIXEL).saturating_add(OVERHEAD_BYTES));
    limits
}

pub(super) fn check_size((width, height): (u32, u32), bounds: &Bounds) -> Result<()> {
    match u64::from(width) * u64::from(height) {
        0 => Err(broken("no pixels")),
        pixels if pixels > bounds.pixels_max => Err(too_large(bounds)),
        _ => Ok(()),
    }
}

pub(super) fn is_small(pixels: &DynamicImage, bounds: &Bounds) -> bool {
    pixels.width().max(pixels.height()) <= bounds.thumbnail_side
}

/// The small one to show in its place.
pub(super) fn shrunk(pixels: &DynamicImage, bounds: &Bounds) -> Result<Image> {
    let side = bounds.thumbnail_side;
    let small = if is_small(pixels, bounds) { pixels.clone() } else { pixels.thumbnail(side, side) };
    if has_transparency(&small) { png(&small) } else { jpeg(&small, THUMBNAIL_QUALITY) }
}

fn has_transparency(pixels: &DynamicImage) -> bool {
    pixels.color().has_alpha() && pixels.to_rgba8().pixels().any(|pixel| pixel.0[3] != u8::MAX)
}

fn png(pixels: &DynamicImage) -> Result<Image> {
    let mut bytes = Vec::new();
    let encoder = PngEncoder::new_with_quality(&mut bytes, CompressionType::Fast, FilterType::Adaptive);
    pixels.write_with_encoder(encoder).map_err(Error::internal)?;
    Ok(encoded(FileType::Png, pixels, bytes))
}

fn jpeg(pixels: &DynamicImage, quality: u8) -> Result<Image> {
    let mut bytes = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut bytes, quality);
    let plain = match pixels {
        DynamicImage::ImageLuma8(_) | DynamicImage::ImageRgb8(_) => None,
        other => Some(DynamicImage::ImageRgb8(other.to_rgb8())),
    };
    plain.as_ref().unwrap_or(pixels).write_with_encoder(encoder).map_err(Error::internal)?;
    Ok(encoded(FileType::Jpeg, pixels, bytes))
}

fn encoded(file_type: FileType, pixels: &DynamicImage, bytes: Vec<u8>) -> Image {
    Image { file_type, width: pixels.width(), height: pixels.height(), bytes: bytes.into() }
}

/// Whether the end of the picture is there, not that of a smaller one in its head.
fn is_whole_jpeg(bytes: &[u8]) -> bool {
    let mut rest = bytes.get(2..).unwrap_or_default();
    loop {
        match rest {
            [0xff, 0xda, pixels @ ..] => return pixels.windows(2).any(|pair| pair == [0xff, 0xd9]),
            [0xff, 0xff, ..] => rest = rest.get(1..).unwrap_or_default(),
            [0xff, _, high, low, ..] => {
                let length = usize::from(*high) << 8 | usize::from(*low);
                rest = rest.get(2 + length..).unwrap_or_default();
            }
            _ => return false,
        }
    }
}

pub(super) fn refusal(fault: ImageError, bounds: &Bounds) -> Error {
    match fault {
        ImageError::Limits(_) => too_large(bounds),
        fault => broken(fault),
    }
}

pub(super) fn too_large(bounds: &Bounds) -> Error {
    Error::new(Code::BadInput, Text::PictureTooLarge { pixels_max: bounds.pixels_max })
}

pub(super) fn broken(inside: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::new(Code::BadInput, Text::PictureBroken).caused_by(inside)
}
