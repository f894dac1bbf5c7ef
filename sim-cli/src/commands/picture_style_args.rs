//! The options of all commands that draw.

use clap::{Args, ValueEnum};

use floodnet_plot::{Picture, Style, Theme};

#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ThemeName {
    Light,
    Dark,
}

impl From<ThemeName> for Theme {
    fn from(name: ThemeName) -> Self {
        match name {
            ThemeName::Light => Self::Light,
            ThemeName::Dark => Self::Dark,
        }
    }
}

/// The form of pictures.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PictureFormat {
    /// Pixels
    Png,
    /// Shapes, and text as text; large graphs are pixels in it
    Svg,
}

/// How pictures look.
#[derive(Args, Debug)]
pub(super) struct PictureArgs {
    /// Format of pictures
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = PictureFormat::Png)]
    pub(super) picture_format: PictureFormat,
    /// Colors of pictures
    #[arg(long, value_enum, default_value_t = ThemeName::Light)]
    pub(super) theme: ThemeName,
    /// Leave out the titles of pictures, which a paper has in its captions
    #[arg(long)]
    pub(super) no_title: bool,
}

impl PictureArgs {
    /// What to draw with.
    pub(super) fn style(&self) -> Style {
        Style {
            theme: self.theme.into(),
            untitled: self.no_title,
            vector: self.picture_format == PictureFormat::Svg,
        }
    }

    /// The options that say this, each after a space; none for what is usual.
    pub(super) fn to_options(&self) -> String {
        let mut options = String::new();
        if self.picture_format == PictureFormat::Svg {
            options.push_str(" --picture-format svg");
        }
        if self.theme == ThemeName::Dark {
            options.push_str(" --theme dark");
        }
        if self.no_title {
            options.push_str(" --no-title");
        }
        options
    }

    /// The file for a picture that is called `NAME.png`: its name and its bytes.
    pub(super) fn file(&self, name: &str, picture: &Picture) -> (String, Vec<u8>) {
        match picture.to_svg() {
            Some(svg) => (name.replace(".png", ".svg"), svg.as_bytes().to_vec()),
            None => (name.to_owned(), picture.to_png()),
        }
    }
}
