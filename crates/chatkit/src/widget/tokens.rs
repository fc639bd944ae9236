//! The words that members of widgets may be.

use serde::{Deserialize, Serialize};

/// Words of one kind, as they stand on the wire.
macro_rules! tokens {
    ($($(#[doc = $doc:literal])+ $name:ident { $($variant:ident = $word:literal),+ $(,)? })+) => {$(
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        pub enum $name {
            $(#[doc = concat!("`", $word, "`")] #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// Every one of them.
            pub const ALL: &[Self] = &[$(Self::$variant),+];
        }
    )+};
}

tokens! {
    /// How children lie across the direction of their container.
    Alignment { Start = "start", Center = "center", End = "end", Baseline = "baseline", Stretch = "stretch" }

    /// How children are spread in the direction of their container.
    Justification {
        Start = "start", Center = "center", End = "end", Between = "between", Around = "around",
        Evenly = "evenly", Stretch = "stretch",
    }

    /// Whether what does not fit goes on in another line.
    Wrap { NoWrap = "nowrap", Wrap = "wrap", WrapReverse = "wrap-reverse" }

    /// In which direction things follow each other.
    Direction { Row = "row", Col = "col" }

    /// How round corners are.
    Radius {
        Xs2 = "2xs", Xs = "xs", Sm = "sm", Md = "md", Lg = "lg", Xl = "xl", Xl2 = "2xl", Xl3 = "3xl",
        Xl4 = "4xl", Full = "full", Ellipse = "100%", None = "none",
    }

    /// How a line is drawn.
    LineStyle {
        Solid = "solid", Dashed = "dashed", Dotted = "dotted", Double = "double", Groove = "groove",
        Ridge = "ridge", Inset = "inset", Outset = "outset",
    }

    /// The colors of a widget, when they are not those of the page.
    Theme { Light = "light", Dark = "dark" }

    /// How large a card is.
    CardSize { Sm = "sm", Md = "md", Lg = "lg", Full = "full" }

    /// A limit that the client finds by itself.
    Automatic { Auto = "auto" }

    /// How bold a text is.
    Weight { Normal = "normal", Medium = "medium", Semibold = "semibold", Bold = "bold" }

    /// To which side something is set.
    TextAlign { Start = "start", Center = "center", End = "end" }

    /// How large a text is.
    TextSize { Xs = "xs", Sm = "sm", Md = "md", Lg = "lg", Xl = "xl" }

    /// How large a heading is.
    TitleSize {
        Sm = "sm", Md = "md", Lg = "lg", Xl = "xl", Xl2 = "2xl", Xl3 = "3xl", Xl4 = "4xl", Xl5 = "5xl",
    }

    /// How large a caption is.
    CaptionSize { Sm = "sm", Md = "md", Lg = "lg" }

    /// The colors of a badge.
    BadgeColor {
        Secondary = "secondary", Success = "success", Danger = "danger", Warning = "warning", Info = "info",
        Discovery = "discovery",
    }

    /// How a badge is drawn.
    BadgeVariant { Solid = "solid", Soft = "soft", Outline = "outline" }

    /// How large a badge is.
    BadgeSize { Sm = "sm", Md = "md", Lg = "lg" }

    /// How large an icon is.
    IconSize { Xs = "xs", Sm = "sm", Md = "md", Lg = "lg", Xl = "xl", Xl2 = "2xl", Xl3 = "3xl" }

    /// How a picture fills its frame.
    ImageFit { Cover = "cover", Contain = "contain", Fill = "fill", ScaleDown = "scale-down", None = "none" }

    /// Which place of a picture stays in sight.
    ImagePosition {
        TopLeft = "top left", Top = "top", TopRight = "top right", Left = "left", Center = "center",
        Right = "right", BottomLeft = "bottom left", Bottom = "bottom", BottomRight = "bottom right",
    }

    /// Sets of looks of a button.
    ButtonStyle { Primary = "primary", Secondary = "secondary" }

    /// How large the icons of a button are.
    ButtonIconSize { Sm = "sm", Md = "md", Lg = "lg", Xl = "xl", Xl2 = "2xl" }

    /// The colors of a button.
    ButtonColor {
        Primary = "primary", Secondary = "secondary", Info = "info", Discovery = "discovery",
        Success = "success", Caution = "caution", Warning = "warning", Danger = "danger",
    }

    /// How a control is drawn.
    ControlVariant { Solid = "solid", Soft = "soft", Outline = "outline", Ghost = "ghost" }

    /// How large a control is.
    ControlSize {
        Xs3 = "3xs", Xs2 = "2xs", Xs = "xs", Sm = "sm", Md = "md", Lg = "lg", Xl = "xl", Xl2 = "2xl",
        Xl3 = "3xl",
    }

    /// How a field for text is drawn.
    FieldVariant { Soft = "soft", Outline = "outline" }

    /// The room at the sides of a field.
    GutterSize { Xs2 = "2xs", Xs = "xs", Sm = "sm", Md = "md", Lg = "lg", Xl = "xl" }

    /// What is to be typed into a field.
    InputType {
        Number = "number", Email = "email", Text = "text", Password = "password", Tel = "tel", Url = "url",
    }

    /// The sides of a field.
    Side { Top = "top", Bottom = "bottom", Left = "left", Right = "right" }

    /// How points are joined to a line.
    Curve {
        Basis = "basis", BasisClosed = "basisClosed", BasisOpen = "basisOpen", BumpX = "bumpX",
        BumpY = "bumpY", Bump = "bump", Linear = "linear", LinearClosed = "linearClosed",
        Natural = "natural", MonotoneX = "monotoneX", MonotoneY = "monotoneY", Monotone = "monotone",
        Step = "step", StepBefore = "stepBefore", StepAfter = "stepAfter",
    }

    /// Who does an action.
    Handler { Server = "server", Client = "client" }

    /// What shows that an action is being done.
    LoadingBehavior { Auto = "auto", None = "none", Itself = "self", Container = "container" }
}
